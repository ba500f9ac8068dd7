-- up
CREATE TABLE IF NOT EXISTS decisions (
  tenant LowCardinality(String),
  learner String,
  skill String,
  class String,
  decision LowCardinality(String),
  computed LowCardinality(String),
  next_skill String,
  reason String,
  estimate Nullable(Float64),
  low Nullable(Float64),
  high Nullable(Float64),
  attempts UInt32,
  wins UInt32,
  last_time Int64,
  weights LowCardinality(String),
  policy UInt64,
  since Int64,
  until Nullable(Int64),
  decided Int64,
  version UInt64,
  deleted UInt8
) ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (tenant, learner, skill, class)
SETTINGS index_granularity = 128;
CREATE TABLE IF NOT EXISTS decision_history (
  tenant LowCardinality(String),
  learner String,
  skill String,
  class String,
  decision LowCardinality(String),
  computed LowCardinality(String),
  next_skill String,
  reason String,
  estimate Nullable(Float64),
  low Nullable(Float64),
  high Nullable(Float64),
  attempts UInt32,
  wins UInt32,
  last_time Int64,
  weights LowCardinality(String),
  policy UInt64,
  since Int64,
  until Nullable(Int64),
  decided Int64,
  version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, learner, skill, class, since);
-- down
DROP TABLE IF EXISTS decision_history SYNC;
DROP TABLE IF EXISTS decisions SYNC;
