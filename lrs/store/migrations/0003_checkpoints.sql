-- up
CREATE TABLE IF NOT EXISTS checkpoints (
  reader LowCardinality(String),
  topic LowCardinality(String),
  partition UInt32,
  position UInt64,
  log String,
  checksum UInt32,
  tables String CODEC(ZSTD(1)),
  version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY (reader, topic, partition);
-- down
DROP TABLE IF EXISTS checkpoints SYNC;
