-- Files that are cut into tracks, lists found as files, who may see which library, chapters, and
-- where somebody was in a long item.
BEGIN;

-- 1: not offered for now: the whole of a file that is cut, or a part that no sheet tells of any
-- more. Its row stays, as plays and stars know it.
ALTER TABLE track ADD COLUMN retired INTEGER NOT NULL DEFAULT 0;
ALTER TABLE track ADD COLUMN spoken TEXT NOT NULL DEFAULT '';  -- "audiobook", "podcast"
CREATE INDEX track_spoken ON track (album_id) WHERE spoken != '';

-- a cue sheet that lies beside sound files, as last read
CREATE TABLE sheet (
  library_id INTEGER NOT NULL REFERENCES library (id) ON DELETE CASCADE,
  path BLOB NOT NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  content TEXT,                      -- JSON of cue.Sheet; null: it cannot be read
  problem TEXT,                      -- why it is not used, or not for all that it names
  PRIMARY KEY (library_id, path)
) STRICT, WITHOUT ROWID;

-- a cue sheet in a file's own tags
CREATE TABLE sheet_inside (
  file_id INTEGER PRIMARY KEY REFERENCES file (id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  content TEXT,                      -- JSON of cue.Sheet; null: not parsed yet, or not a sheet
  problem TEXT
) STRICT;

-- how a file is cut, or why it is not
CREATE TABLE cut (
  file_id INTEGER PRIMARY KEY REFERENCES file (id) ON DELETE CASCADE,
  stamp BLOB NOT NULL,               -- tells whether anything that it was made of has changed
  sample_rate INTEGER NOT NULL,      -- in which its parts' samples are counted
  problem TEXT
) STRICT;

CREATE TABLE chapter (
  track_id INTEGER NOT NULL REFERENCES track (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,           -- from 1
  start_ms INTEGER NOT NULL,
  title TEXT NOT NULL,
  PRIMARY KEY (track_id, number)
) STRICT, WITHOUT ROWID;

-- where a profile was in something long
CREATE TABLE bookmark (
  profile_id INTEGER NOT NULL REFERENCES profile (id) ON DELETE CASCADE,
  recording_id INTEGER NOT NULL REFERENCES recording (id),
  track_id INTEGER NOT NULL REFERENCES track (id),  -- the one that was heard
  position_ms INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (profile_id, recording_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX bookmark_changed ON bookmark (profile_id, changed_at);

-- a playlist that is a file in a library
CREATE TABLE playlist_file (
  library_id INTEGER NOT NULL REFERENCES library (id) ON DELETE CASCADE,
  path BLOB NOT NULL,
  playlist_id INTEGER UNIQUE REFERENCES playlist (id) ON DELETE SET NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  digest BLOB NOT NULL DEFAULT x'',  -- of its bytes as last read or written
  linked INTEGER NOT NULL DEFAULT 0, -- 1: reached by a link, never written
  both_ways INTEGER NOT NULL DEFAULT 0,
  dismissed INTEGER NOT NULL DEFAULT 0,  -- 1: deleted in the page; not imported again
  problem TEXT,                      -- why it is not imported
  note TEXT,                         -- what a person should know: "the file was changed ..."
  PRIMARY KEY (library_id, path)
) STRICT, WITHOUT ROWID;

-- a line of a list for which there is no track (yet); its position is one of the list's
CREATE TABLE playlist_gap (
  playlist_id INTEGER NOT NULL REFERENCES playlist (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  said TEXT NOT NULL,                -- the line
  title TEXT NOT NULL DEFAULT '',    -- as the list calls it
  start_ms INTEGER,                  -- of a part of a file
  PRIMARY KEY (playlist_id, position)
) STRICT, WITHOUT ROWID;

-- who may see a library: everybody, unless these say otherwise; owners always
CREATE TABLE library_audience (
  library_id INTEGER PRIMARY KEY REFERENCES library (id) ON DELETE CASCADE,
  adults_only INTEGER NOT NULL
) STRICT;
CREATE TABLE library_right (
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  library_id INTEGER NOT NULL REFERENCES library (id) ON DELETE CASCADE,
  allowed INTEGER NOT NULL,
  PRIMARY KEY (account_id, library_id)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 6;
COMMIT;
