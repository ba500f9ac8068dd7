CREATE TABLE IF NOT EXISTS decisions_local ON CLUSTER 'main' (
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
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version, deleted)
ORDER BY (tenant, learner, skill, class)
SETTINGS index_granularity = 128,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS decisions ON CLUSTER 'main' AS decisions_local
ENGINE = Distributed('main', currentDatabase(), 'decisions_local', cityHash64(tenant, learner));

CREATE TABLE IF NOT EXISTS decision_history_local ON CLUSTER 'main' (
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
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version)
ORDER BY (tenant, learner, skill, class, since)
SETTINGS
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS decision_history ON CLUSTER 'main' AS decision_history_local
ENGINE = Distributed('main', currentDatabase(), 'decision_history_local', cityHash64(tenant, learner));
