CREATE TABLE IF NOT EXISTS statements_local ON CLUSTER 'main' (
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
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
ORDER BY (tenant, stored, partition, sequence)
SETTINGS index_granularity = 512,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS statements ON CLUSTER 'main' AS statements_local
ENGINE = Distributed('main', currentDatabase(), 'statements_local', cityHash64(tenant, id));

CREATE TABLE IF NOT EXISTS agent_statements_local ON CLUSTER 'main' (
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
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
ORDER BY (tenant, agent, stored, partition, sequence)
SETTINGS index_granularity = 128, min_bytes_for_wide_part = 1000000000000,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS agent_statements ON CLUSTER 'main' AS agent_statements_local
ENGINE = Distributed('main', currentDatabase(), 'agent_statements_local', cityHash64(tenant, agent));

CREATE MATERIALIZED VIEW IF NOT EXISTS to_agent_statements ON CLUSTER 'main' TO agent_statements AS
SELECT tenant, agent, stored, partition, sequence, id, verb, activity, kept_related AS related_activities, registration, credential, voids, kept AS statement
FROM (
  SELECT tenant, agents, stored, partition, sequence, id, verb, activity, registration, credential, voids,
    length(agents) * (length(statement) + arraySum(x -> length(x), related_activities)) > 1048576 AS wide,
    if(wide, [''], related_activities) AS kept_related,
    if(wide, '', statement) AS kept
  FROM statements_local
) ARRAY JOIN agents AS agent;

CREATE TABLE IF NOT EXISTS voids_local ON CLUSTER 'main' (
  tenant LowCardinality(String),
  target String,
  statement String,
  partition UInt32,
  sequence UInt64,
  written DateTime64(6) DEFAULT now64(6)
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
ORDER BY (tenant, target, statement)
SETTINGS
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS voids ON CLUSTER 'main' AS voids_local
ENGINE = Distributed('main', currentDatabase(), 'voids_local', cityHash64(tenant, target));

CREATE TABLE IF NOT EXISTS refs_local ON CLUSTER 'main' (
  tenant LowCardinality(String),
  target String,
  statement String,
  partition UInt32,
  sequence UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
ORDER BY (tenant, target, statement)
SETTINGS
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS refs ON CLUSTER 'main' AS refs_local
ENGINE = Distributed('main', currentDatabase(), 'refs_local', cityHash64(tenant, target));

CREATE TABLE IF NOT EXISTS observations_local ON CLUSTER 'main' (
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
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version, deleted)
ORDER BY (tenant, person, time, statement, ordinal)
SETTINGS index_granularity = 1024,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS observations ON CLUSTER 'main' AS observations_local
ENGINE = Distributed('main', currentDatabase(), 'observations_local', cityHash64(tenant, person));
