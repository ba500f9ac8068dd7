-- up
CREATE TABLE IF NOT EXISTS agent_statements (
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
) ENGINE = ReplacingMergeTree
ORDER BY (tenant, agent, stored, partition, sequence)
SETTINGS index_granularity = 128, min_bytes_for_wide_part = 1000000000000;

CREATE MATERIALIZED VIEW IF NOT EXISTS to_agent_statements TO agent_statements AS
SELECT tenant, agent, stored, partition, sequence, id, verb, activity, related_activities, registration, credential, voids, statement
FROM statements ARRAY JOIN agents AS agent;

INSERT INTO agent_statements
SELECT tenant, agent, stored, partition, sequence, id, verb, activity, related_activities, registration, credential, voids, statement
FROM statements ARRAY JOIN agents AS agent;
-- down
DROP VIEW IF EXISTS to_agent_statements SYNC;

DROP TABLE IF EXISTS agent_statements;
