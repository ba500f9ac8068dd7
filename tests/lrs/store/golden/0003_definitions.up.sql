CREATE TABLE IF NOT EXISTS definitions_local ON CLUSTER 'main' (
  tenant LowCardinality(String),
  activity String,
  part LowCardinality(String),
  key String,
  value String CODEC(ZSTD(1)),
  place UInt128
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', place)
ORDER BY (tenant, activity, part, key)
SETTINGS index_granularity = 512;

CREATE TABLE IF NOT EXISTS definitions ON CLUSTER 'main' AS definitions_local
ENGINE = Distributed('main', currentDatabase(), 'definitions_local', cityHash64(tenant, activity));

CREATE TABLE IF NOT EXISTS names_local ON CLUSTER 'main' (
  tenant LowCardinality(String),
  agent String,
  name String,
  place UInt128
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', place)
ORDER BY (tenant, agent, name)
SETTINGS index_granularity = 512;

CREATE TABLE IF NOT EXISTS names ON CLUSTER 'main' AS names_local
ENGINE = Distributed('main', currentDatabase(), 'names_local', cityHash64(tenant, agent));
