-- up
CREATE TABLE IF NOT EXISTS learners (
  tenant LowCardinality(String),
  learner String,
  person String,
  name String,
  version UInt128
) ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, person, learner);

CREATE TABLE IF NOT EXISTS teachers (
  tenant LowCardinality(String),
  class String,
  teacher String,
  name String,
  version UInt128
) ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, class, teacher);

CREATE TABLE IF NOT EXISTS names (
  tenant LowCardinality(String),
  agent String,
  name String,
  version UInt128
) ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, agent, name)
SETTINGS index_granularity = 512;

CREATE TABLE IF NOT EXISTS definitions (
  tenant LowCardinality(String),
  activity String,
  part LowCardinality(String),
  key String,
  value String CODEC(ZSTD(1)),
  version UInt128
) ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, activity, part, key)
SETTINGS index_granularity = 512;
-- down
DROP TABLE IF EXISTS definitions SYNC;
DROP TABLE IF EXISTS names SYNC;
DROP TABLE IF EXISTS teachers SYNC;
DROP TABLE IF EXISTS learners SYNC;
