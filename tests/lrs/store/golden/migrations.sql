CREATE TABLE IF NOT EXISTS migrations_local ON CLUSTER 'main' (number UInt32, name String, at DateTime DEFAULT now())
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
ORDER BY number;

CREATE TABLE IF NOT EXISTS migrations ON CLUSTER 'main' AS migrations_local
ENGINE = Distributed('main', currentDatabase(), 'migrations_local', cityHash64(number));

DELETE FROM migrations_local ON CLUSTER 'main' WHERE number = 1;
