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
  voids String,
  partition UInt32,
  sequence UInt64,
  statement String CODEC(ZSTD(1)),
  INDEX by_id id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX by_actor actor TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_activity activity TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_registration registration TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
ORDER BY (tenant, stored, partition, sequence)
SETTINGS index_granularity = 512;

CREATE TABLE IF NOT EXISTS statements ON CLUSTER 'main' AS statements_local
ENGINE = Distributed('main', currentDatabase(), 'statements_local', cityHash64(tenant, id));

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
  version UInt64,
  deleted UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version, deleted)
ORDER BY (tenant, learner, time, statement, ordinal)
SETTINGS index_granularity = 1024;

CREATE TABLE IF NOT EXISTS observations ON CLUSTER 'main' AS observations_local
ENGINE = Distributed('main', currentDatabase(), 'observations_local', cityHash64(tenant, learner));

CREATE TABLE IF NOT EXISTS voids_local ON CLUSTER 'main' (
  tenant LowCardinality(String),
  target String,
  statement String,
  partition UInt32,
  sequence UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
ORDER BY (tenant, target, statement);

CREATE TABLE IF NOT EXISTS voids ON CLUSTER 'main' AS voids_local
ENGINE = Distributed('main', currentDatabase(), 'voids_local', cityHash64(tenant, target));

CREATE TABLE IF NOT EXISTS learners_local ON CLUSTER 'main' (
  tenant LowCardinality(String),
  learner String,
  name String,
  sequence UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', sequence)
ORDER BY (tenant, learner);

CREATE TABLE IF NOT EXISTS learners ON CLUSTER 'main' AS learners_local
ENGINE = Distributed('main', currentDatabase(), 'learners_local', cityHash64(tenant, learner));
