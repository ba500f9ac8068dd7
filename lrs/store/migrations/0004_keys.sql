-- up
ALTER TABLE statements
  ADD COLUMN related_agents Array(String) AFTER activities,
  ADD COLUMN related_activities Array(String) AFTER related_agents,
  ADD COLUMN refers String AFTER related_activities,
  ADD COLUMN credential LowCardinality(String) AFTER refers,
  ADD INDEX by_agents agents TYPE bloom_filter(0.01) GRANULARITY 1,
  ADD INDEX by_related_agents related_agents TYPE bloom_filter(0.01) GRANULARITY 1,
  ADD INDEX by_related_activities related_activities TYPE bloom_filter(0.01) GRANULARITY 1;

CREATE TABLE refs (
  tenant LowCardinality(String),
  target String,
  statement String,
  partition UInt32,
  sequence UInt64
) ENGINE = ReplacingMergeTree
ORDER BY (tenant, target, statement);
-- down
DROP TABLE refs;

ALTER TABLE statements
  DROP INDEX by_related_activities,
  DROP INDEX by_related_agents,
  DROP INDEX by_agents,
  DROP COLUMN credential,
  DROP COLUMN refers,
  DROP COLUMN related_activities,
  DROP COLUMN related_agents;
