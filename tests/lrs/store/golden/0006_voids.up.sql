ALTER TABLE voids_local ON CLUSTER 'main'
  ADD COLUMN IF NOT EXISTS written DateTime64(6) DEFAULT now64(6);

ALTER TABLE voids ON CLUSTER 'main'
  ADD COLUMN IF NOT EXISTS written DateTime64(6) DEFAULT now64(6);

ALTER TABLE voids_local ON CLUSTER 'main'
  MATERIALIZE COLUMN written SETTINGS mutations_sync = 2;
