-- up
CREATE TABLE statements (
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
  voids String,
  partition UInt32,
  sequence UInt64,
  statement String CODEC(ZSTD(1)),
  INDEX by_id id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX by_actor actor TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_activity activity TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_registration registration TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = ReplacingMergeTree
ORDER BY (tenant, stored, partition, sequence)
SETTINGS index_granularity = 512;

CREATE TABLE observations (
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
  version UInt64,
  deleted UInt8
) ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (tenant, learner, time, statement, ordinal)
SETTINGS index_granularity = 1024;

CREATE TABLE voids (
  tenant LowCardinality(String),
  target String,
  statement String,
  partition UInt32,
  sequence UInt64
) ENGINE = ReplacingMergeTree
ORDER BY (tenant, target, statement);

CREATE TABLE learners (
  tenant LowCardinality(String),
  learner String,
  name String,
  sequence UInt64
) ENGINE = ReplacingMergeTree(sequence)
ORDER BY (tenant, learner);
-- down
DROP TABLE learners;
DROP TABLE voids;
DROP TABLE observations;
DROP TABLE statements;
