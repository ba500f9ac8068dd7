DROP TABLE IF EXISTS observations ON CLUSTER 'main' SYNC;

DROP TABLE IF EXISTS observations_local ON CLUSTER 'main' SYNC;

DROP TABLE IF EXISTS refs ON CLUSTER 'main' SYNC;

DROP TABLE IF EXISTS refs_local ON CLUSTER 'main' SYNC;

DROP TABLE IF EXISTS voids ON CLUSTER 'main' SYNC;

DROP TABLE IF EXISTS voids_local ON CLUSTER 'main' SYNC;

DROP VIEW IF EXISTS to_agent_statements ON CLUSTER 'main' SYNC;

DROP TABLE IF EXISTS agent_statements ON CLUSTER 'main' SYNC;

DROP TABLE IF EXISTS agent_statements_local ON CLUSTER 'main' SYNC;

DROP TABLE IF EXISTS statements ON CLUSTER 'main' SYNC;

DROP TABLE IF EXISTS statements_local ON CLUSTER 'main' SYNC;
