DROP TABLE IF EXISTS mastery_replay ON CLUSTER 'main' SYNC;

DROP TABLE IF EXISTS mastery_replay_local ON CLUSTER 'main' SYNC;

CREATE TABLE IF NOT EXISTS mastery_replay_local ON CLUSTER 'main' AS mastery_local;

CREATE TABLE IF NOT EXISTS mastery_replay ON CLUSTER 'main' AS mastery_replay_local
ENGINE = Distributed('main', currentDatabase(), 'mastery_replay_local', cityHash64(tenant, learner));

EXCHANGE TABLES mastery_local AND mastery_replay_local ON CLUSTER 'main';

DROP TABLE IF EXISTS mastery_replay ON CLUSTER 'main' SYNC;

DROP TABLE IF EXISTS mastery_replay_local ON CLUSTER 'main' SYNC;
