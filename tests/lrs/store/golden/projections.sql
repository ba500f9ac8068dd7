CREATE TABLE IF NOT EXISTS mastery_local ON CLUSTER 'main' (
  `tenant` LowCardinality(String),
  `learner` String,
  `key` String,
  `state` String CODEC(ZSTD(1)),
  `mastery` Float64,
  `low` Float64,
  `high` Float64,
  `next_item` Float64,
  `attempts` UInt32,
  `wins` UInt32,
  `first_attempts` UInt32,
  `first_wins` UInt32,
  `assisted` UInt32,
  `last_outcome` Int8,
  `streak` Int32,
  `trend` Float64,
  `stalled` UInt32,
  `first_time` Int64,
  `last_time` Int64,
  `days` UInt32,
  `item` String,
  `curve_times` Array(Int64),
  `curve` Array(Float64),
  `forget_drop` Float64,
  `forget_half_life` Float64,
  `forget_spacing` Float64,
  `held` Float64,
  `provisional` Bool,
  `weights` LowCardinality(String),
  `mark` String,
  `resolved` String CODEC(ZSTD(1)),
  `version` UInt64,
  `deleted` UInt8,
  `expected` Float64 ALIAS if(mastery <= 0 OR mastery >= 1, mastery, 1 / (1 + (1 - mastery) / mastery * exp(if(forget_drop = 0, 0, greatest(0, forget_drop * pow(greatest(days, 1), -forget_spacing) + held)) * (1 - exp2(-greatest(0, toUnixTimestamp64Micro(now64(6)) - last_time) / 86400000000 / forget_half_life)))))
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version, deleted)
ORDER BY (tenant, learner, key)
SETTINGS index_granularity = 64,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS mastery ON CLUSTER 'main' AS mastery_local
ENGINE = Distributed('main', currentDatabase(), 'mastery_local', cityHash64(tenant, learner));

CREATE TABLE IF NOT EXISTS engagement_local ON CLUSTER 'main' (
  `tenant` LowCardinality(String),
  `learner` String,
  `key` String,
  `state` String CODEC(ZSTD(1)),
  `attempts` UInt32,
  `right` UInt32,
  `minutes` Float64,
  `activities` UInt32,
  `completions` UInt32,
  `exposures` UInt32,
  `feedback` UInt32,
  `choices` UInt32,
  `sessions` UInt32,
  `first_seen` Int64,
  `last_seen` Int64,
  `streak` UInt32,
  `best_streak` UInt32,
  `days` UInt32,
  `classes` Array(String),
  `class_times` Array(Int64),
  `errors` UInt32,
  `persisted` UInt32,
  `sought` UInt32,
  `media_seconds` Float64,
  `mark` String,
  `resolved` String CODEC(ZSTD(1)),
  `version` UInt64,
  `deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version, deleted)
ORDER BY (tenant, learner, key)
SETTINGS index_granularity = 64,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS engagement ON CLUSTER 'main' AS engagement_local
ENGINE = Distributed('main', currentDatabase(), 'engagement_local', cityHash64(tenant, learner));
