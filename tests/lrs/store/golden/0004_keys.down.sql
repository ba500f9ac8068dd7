DROP TABLE IF EXISTS refs ON CLUSTER 'main' SYNC;

DROP TABLE IF EXISTS refs_local ON CLUSTER 'main' SYNC;

ALTER TABLE statements ON CLUSTER 'main'
  DROP COLUMN IF EXISTS credential,
  DROP COLUMN IF EXISTS refers,
  DROP COLUMN IF EXISTS related_activities,
  DROP COLUMN IF EXISTS related_agents;

ALTER TABLE statements_local ON CLUSTER 'main'
  DROP INDEX IF EXISTS by_related_activities,
  DROP INDEX IF EXISTS by_related_agents,
  DROP INDEX IF EXISTS by_agents,
  DROP COLUMN IF EXISTS credential,
  DROP COLUMN IF EXISTS refers,
  DROP COLUMN IF EXISTS related_activities,
  DROP COLUMN IF EXISTS related_agents;
