-- up
CREATE TABLE definitions (
  tenant LowCardinality(String),
  activity String,
  part LowCardinality(String),
  key String,
  value String CODEC(ZSTD(1)),
  place UInt128
) ENGINE = ReplacingMergeTree(place)
ORDER BY (tenant, activity, part, key)
SETTINGS index_granularity = 512;

CREATE TABLE names (
  tenant LowCardinality(String),
  agent String,
  name String,
  place UInt128
) ENGINE = ReplacingMergeTree(place)
ORDER BY (tenant, agent, name)
SETTINGS index_granularity = 512;
-- down
DROP TABLE names;
DROP TABLE definitions;
