-- up
CREATE TABLE IF NOT EXISTS snapshots (
  tenant LowCardinality(String),
  learner String,
  fold LowCardinality(String),
  slot UInt8,
  digest String,
  snapshot String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree
ORDER BY (tenant, learner, fold, slot)
SETTINGS index_granularity = 16;
-- down
DROP TABLE IF EXISTS snapshots SYNC;
