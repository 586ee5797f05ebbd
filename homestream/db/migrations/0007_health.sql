-- What is wrong with the library, counted after each scan, and what its owner says is well as it
-- is; and the inbox: files that wait to be taken into a library.
BEGIN;

CREATE TABLE health (
  kind TEXT PRIMARY KEY,
  count INTEGER NOT NULL,
  serious INTEGER NOT NULL,          -- worth a mark in the navigation
  counted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE health_pass (
  kind TEXT NOT NULL,
  item TEXT NOT NULL,
  passed_at INTEGER NOT NULL,
  PRIMARY KEY (kind, item)
) STRICT, WITHOUT ROWID;

CREATE INDEX file_away ON file (id) WHERE state = 'away';
CREATE INDEX file_unreadable ON file (id) WHERE measured = 2 AND state = 'present';
CREATE INDEX track_untagged ON track (id) WHERE tagged = 0 AND state = 'present';
CREATE INDEX track_heard ON track (recording_id) WHERE state = 'present';
CREATE INDEX track_dated ON track (album_id, year) WHERE state = 'present' AND year IS NOT NULL;
CREATE INDEX album_bare ON album (id) WHERE art_id IS NULL AND track_count > 0;
CREATE INDEX album_alike ON album (grouping_key, version, mbid) WHERE track_count > 0;
CREATE INDEX art_refused ON art (id) WHERE made = 2;

CREATE TABLE inbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  place TEXT NOT NULL CHECK (place IN ('upload', 'folder')),
  path BLOB NOT NULL,                -- uploaded: the name we gave it; else below the inbox folder
  name TEXT NOT NULL,                -- what its sender calls it
  account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('arriving', 'new', 'good', 'refused', 'filed')),
  reason TEXT,                       -- why it is refused
  found TEXT NOT NULL DEFAULT '{}',  -- JSON of inbox.Found
  filed_as TEXT,                     -- where it went
  arrived_at INTEGER NOT NULL,
  UNIQUE (place, path)
) STRICT;
CREATE INDEX inbox_state ON inbox (state, id);

PRAGMA user_version = 7;
COMMIT;
