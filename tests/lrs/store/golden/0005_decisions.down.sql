DROP TABLE IF EXISTS decision_history ON CLUSTER 'main' SYNC;

DROP TABLE IF EXISTS decision_history_local ON CLUSTER 'main' SYNC;

DROP TABLE IF EXISTS decisions ON CLUSTER 'main' SYNC;

DROP TABLE IF EXISTS decisions_local ON CLUSTER 'main' SYNC;
