CREATE TABLE IF NOT EXISTS agent_statements_local ON CLUSTER 'main' (
  tenant LowCardinality(String),
  agent String,
  stored Int64 CODEC(Delta, ZSTD(1)),
  partition UInt32,
  sequence UInt64,
  id String,
  verb LowCardinality(String),
  activity String,
  related_activities Array(String),
  registration String,
  credential LowCardinality(String),
  voids String,
  statement String CODEC(ZSTD(1))
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')
ORDER BY (tenant, agent, stored, partition, sequence)
SETTINGS index_granularity = 128, min_bytes_for_wide_part = 1000000000000;

CREATE TABLE IF NOT EXISTS agent_statements ON CLUSTER 'main' AS agent_statements_local
ENGINE = Distributed('main', currentDatabase(), 'agent_statements_local', cityHash64(tenant, agent));

CREATE MATERIALIZED VIEW IF NOT EXISTS to_agent_statements ON CLUSTER 'main' TO agent_statements AS
SELECT tenant, agent, stored, partition, sequence, id, verb, activity, related_activities, registration, credential, voids, statement
FROM statements_local ARRAY JOIN agents AS agent;

INSERT INTO agent_statements
SELECT tenant, agent, stored, partition, sequence, id, verb, activity, related_activities, registration, credential, voids, statement
FROM statements ARRAY JOIN agents AS agent;
