CREATE TABLE IF NOT EXISTS snapshots_local ON CLUSTER 'main' (
  tenant LowCardinality(String),
  learner String,
  fold LowCardinality(String),
  slot UInt8,
  digest String,
  snapshot String CODEC(ZSTD(1))
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
ORDER BY (tenant, learner, fold, slot)
SETTINGS index_granularity = 16,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS snapshots ON CLUSTER 'main' AS snapshots_local
ENGINE = Distributed('main', currentDatabase(), 'snapshots_local', cityHash64(tenant, learner));
