CREATE TABLE IF NOT EXISTS checkpoints_local ON CLUSTER 'main' (
  reader LowCardinality(String),
  topic LowCardinality(String),
  partition UInt32,
  position UInt64,
  log String,
  checksum UInt32,
  tables String CODEC(ZSTD(1)),
  version UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version)
ORDER BY (reader, topic, partition)
SETTINGS
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS checkpoints ON CLUSTER 'main' AS checkpoints_local
ENGINE = Distributed('main', currentDatabase(), 'checkpoints_local', cityHash64(reader));
