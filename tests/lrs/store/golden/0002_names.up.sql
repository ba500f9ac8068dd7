CREATE TABLE IF NOT EXISTS learners_local ON CLUSTER 'main' (
  tenant LowCardinality(String),
  learner String,
  person String,
  name String,
  version UInt128
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version)
ORDER BY (tenant, person, learner)
SETTINGS
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS learners ON CLUSTER 'main' AS learners_local
ENGINE = Distributed('main', currentDatabase(), 'learners_local', cityHash64(tenant, person));

CREATE TABLE IF NOT EXISTS teachers_local ON CLUSTER 'main' (
  tenant LowCardinality(String),
  class String,
  teacher String,
  name String,
  version UInt128
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version)
ORDER BY (tenant, class, teacher)
SETTINGS
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS teachers ON CLUSTER 'main' AS teachers_local
ENGINE = Distributed('main', currentDatabase(), 'teachers_local', cityHash64(tenant, class));

CREATE TABLE IF NOT EXISTS names_local ON CLUSTER 'main' (
  tenant LowCardinality(String),
  agent String,
  name String,
  version UInt128
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version)
ORDER BY (tenant, agent, name)
SETTINGS index_granularity = 512,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS names ON CLUSTER 'main' AS names_local
ENGINE = Distributed('main', currentDatabase(), 'names_local', cityHash64(tenant, agent));

CREATE TABLE IF NOT EXISTS definitions_local ON CLUSTER 'main' (
  tenant LowCardinality(String),
  activity String,
  part LowCardinality(String),
  key String,
  value String CODEC(ZSTD(1)),
  version UInt128
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version)
ORDER BY (tenant, activity, part, key)
SETTINGS index_granularity = 512,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS definitions ON CLUSTER 'main' AS definitions_local
ENGINE = Distributed('main', currentDatabase(), 'definitions_local', cityHash64(tenant, activity));
