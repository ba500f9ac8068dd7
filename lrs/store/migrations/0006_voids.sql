-- up
ALTER TABLE voids
  ADD COLUMN written DateTime64(6) DEFAULT now64(6);

ALTER TABLE voids
  MATERIALIZE COLUMN written SETTINGS mutations_sync = 2;
-- down
ALTER TABLE voids
  DROP COLUMN written;
