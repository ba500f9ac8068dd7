DROP VIEW IF EXISTS to_agent_statements ON CLUSTER 'main' SYNC;

DROP TABLE IF EXISTS agent_statements ON CLUSTER 'main' SYNC;

DROP TABLE IF EXISTS agent_statements_local ON CLUSTER 'main' SYNC;
