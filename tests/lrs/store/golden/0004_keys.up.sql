ALTER TABLE statements_local ON CLUSTER 'main'
  ADD COLUMN IF NOT EXISTS related_agents Array(String) AFTER activities,
  ADD COLUMN IF NOT EXISTS related_activities Array(String) AFTER related_agents,
  ADD COLUMN IF NOT EXISTS refers String AFTER related_activities,
  ADD COLUMN IF NOT EXISTS credential LowCardinality(String) AFTER refers,
  ADD INDEX IF NOT EXISTS by_agents agents TYPE bloom_filter(0.01) GRANULARITY 1,
  ADD INDEX IF NOT EXISTS by_related_agents related_agents TYPE bloom_filter(0.01) GRANULARITY 1,
  ADD INDEX IF NOT EXISTS by_related_activities related_activities TYPE bloom_filter(0.01) GRANULARITY 1;

ALTER TABLE statements ON CLUSTER 'main'
  ADD COLUMN IF NOT EXISTS related_agents Array(String) AFTER activities,
  ADD COLUMN IF NOT EXISTS related_activities Array(String) AFTER related_agents,
  ADD COLUMN IF NOT EXISTS refers String AFTER related_activities,
  ADD COLUMN IF NOT EXISTS credential LowCardinality(String) AFTER refers;

CREATE TABLE IF NOT EXISTS refs_local ON CLUSTER 'main' (
  tenant LowCardinality(String),
  target String,
  statement String,
  partition UInt32,
  sequence UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
ORDER BY (tenant, target, statement);

CREATE TABLE IF NOT EXISTS refs ON CLUSTER 'main' AS refs_local
ENGINE = Distributed('main', currentDatabase(), 'refs_local', cityHash64(tenant, target));
