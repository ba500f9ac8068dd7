-- up
CREATE TABLE IF NOT EXISTS statements (
  tenant LowCardinality(String),
  stored Int64 CODEC(Delta, ZSTD(1)),
  id String,
  timestamp Int64,
  verb String,
  activity String,
  actor String,
  registration String,
  agents Array(String),
  activities Array(String),
  related_agents Array(String),
  related_activities Array(String),
  refers String,
  credential LowCardinality(String),
  voids String,
  nothing LowCardinality(String),
  partition UInt32,
  sequence UInt64,
  statement String CODEC(ZSTD(1)),
  INDEX by_id id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX by_actor actor TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_activity activity TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_registration registration TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_agents agents TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_related_agents related_agents TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_related_activities related_activities TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = ReplacingMergeTree
ORDER BY (tenant, stored, partition, sequence)
SETTINGS index_granularity = 512;

CREATE TABLE IF NOT EXISTS agent_statements (
  tenant LowCardinality(String),
  agent String,
  stored Int64 CODEC(Delta, ZSTD(1)),
  partition UInt32,
  sequence UInt64,
  id String,
  verb LowCardinality(String),
  activity String,
  related_activities Array(String),
  registration String,
  credential LowCardinality(String),
  voids String,
  statement String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree
ORDER BY (tenant, agent, stored, partition, sequence)
SETTINGS index_granularity = 128, min_bytes_for_wide_part = 1000000000000;

CREATE MATERIALIZED VIEW IF NOT EXISTS to_agent_statements TO agent_statements AS
SELECT tenant, agent, stored, partition, sequence, id, verb, activity, kept_related AS related_activities, registration, credential, voids, kept AS statement
FROM (
  SELECT tenant, agents, stored, partition, sequence, id, verb, activity, registration, credential, voids,
    length(agents) * (length(statement) + arraySum(x -> length(x), related_activities)) > 1048576 AS wide,
    if(wide, [''], related_activities) AS kept_related,
    if(wide, '', statement) AS kept
  FROM statements
) ARRAY JOIN agents AS agent;

CREATE TABLE IF NOT EXISTS voids (
  tenant LowCardinality(String),
  target String,
  statement String,
  partition UInt32,
  sequence UInt64,
  written DateTime64(6) DEFAULT now64(6)
) ENGINE = ReplacingMergeTree
ORDER BY (tenant, target, statement);

CREATE TABLE IF NOT EXISTS refs (
  tenant LowCardinality(String),
  target String,
  statement String,
  partition UInt32,
  sequence UInt64
) ENGINE = ReplacingMergeTree
ORDER BY (tenant, target, statement);

CREATE TABLE IF NOT EXISTS observations (
  tenant LowCardinality(String),
  learner String,
  time Int64,
  statement String,
  ordinal UInt32,
  kind LowCardinality(String),
  verb LowCardinality(String),
  item String,
  skills Array(String),
  outcome Nullable(Float64),
  duration Nullable(Float64),
  session String,
  partition UInt32,
  sequence UInt64,
  sent Nullable(Int64),
  day Nullable(Int32),
  midnight Nullable(Int64),
  share Nullable(Float64),
  attempt String,
  by LowCardinality(String),
  mode LowCardinality(String),
  parents Array(String),
  position Nullable(Float64),
  provisional Bool,
  assistance LowCardinality(String),
  classes Array(String),
  stretches Array(Float64),
  moved Bool,
  person String,
  version UInt64,
  deleted UInt8
) ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (tenant, person, time, statement, ordinal)
SETTINGS index_granularity = 1024;
-- down
DROP TABLE IF EXISTS observations SYNC;
DROP TABLE IF EXISTS refs SYNC;
DROP TABLE IF EXISTS voids SYNC;
DROP VIEW IF EXISTS to_agent_statements SYNC;
DROP TABLE IF EXISTS agent_statements SYNC;
DROP TABLE IF EXISTS statements SYNC;
