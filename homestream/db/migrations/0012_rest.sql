-- Copies of a recording that the owner hides, and plays that tags tell of.
BEGIN;

-- not listed while the track that is kept for it is there, is the same recording, and is seen by
-- all who would see this one
CREATE TABLE hidden_copy (
  track_id INTEGER PRIMARY KEY REFERENCES track (id) ON DELETE CASCADE,
  kept_id INTEGER NOT NULL REFERENCES track (id) ON DELETE CASCADE,
  hidden_at INTEGER NOT NULL
) STRICT;
CREATE INDEX hidden_copy_kept ON hidden_copy (kept_id);

-- how often a recording was played elsewhere, before its plays were recorded here; one number for
-- each, as no tag tells when
CREATE TABLE earlier_plays (
  profile_id INTEGER NOT NULL REFERENCES profile (id) ON DELETE CASCADE,
  recording_id INTEGER NOT NULL REFERENCES recording (id),
  count INTEGER NOT NULL CHECK (count > 0),
  taken_at INTEGER NOT NULL,
  PRIMARY KEY (profile_id, recording_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX earlier_plays_recording ON earlier_plays (recording_id);

-- what tags tell of plays was not looked for before
UPDATE file SET mtime_ns = -1;

PRAGMA user_version = 12;
COMMIT;
