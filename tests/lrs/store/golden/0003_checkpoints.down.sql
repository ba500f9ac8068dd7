DROP TABLE IF EXISTS checkpoints ON CLUSTER 'main' SYNC;

DROP TABLE IF EXISTS checkpoints_local ON CLUSTER 'main' SYNC;
