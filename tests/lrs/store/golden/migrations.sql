CREATE TABLE IF NOT EXISTS migrations_local ON CLUSTER 'main' (number UInt32, name String, at DateTime DEFAULT now())
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
ORDER BY number
SETTINGS
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS migrations ON CLUSTER 'main' AS migrations_local
ENGINE = Distributed('main', currentDatabase(), 'migrations_local', cityHash64(number));

DELETE FROM migrations_local ON CLUSTER 'main' WHERE number = 1;
