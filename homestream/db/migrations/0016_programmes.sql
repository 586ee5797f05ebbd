-- A programme keeps how its tracks were put on its line: gains, trims and fades.
BEGIN;

DROP TABLE programme;  -- players ask for theirs again
CREATE TABLE programme (
  id TEXT PRIMARY KEY,
  plan BLOB NOT NULL,                -- MessagePack of listening.programmes.Plan
  live BLOB,                         -- MessagePack of listening.programmes.Live; null: it is whole
  used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX programme_used ON programme (used_at);

CREATE TABLE playback (
  profile_id INTEGER PRIMARY KEY REFERENCES profile (id) ON DELETE CASCADE,
  manner TEXT NOT NULL,              -- JSON of listening.arrange.Manner
  changed_at INTEGER NOT NULL
) STRICT;

PRAGMA user_version = 16;
COMMIT;
