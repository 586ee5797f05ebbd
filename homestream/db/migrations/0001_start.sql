-- The first schema. Times (`*_at`) are Unix milliseconds, UTC. Paths are the bytes the file system
-- gave, relative to their library. What a person did (play, star, playlist_item) hangs on the
-- recording, which is known by its sound, and is never deleted because a file went away.
BEGIN;

CREATE TABLE setting (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- library ---------------------------------------------------------------------------------------

CREATE TABLE library (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  path BLOB NOT NULL UNIQUE,
  origin TEXT NOT NULL CHECK (origin IN ('config', 'page', 'demo')),
  state TEXT NOT NULL DEFAULT 'present' CHECK (state IN ('present', 'away')),
  reason TEXT,                       -- why it is away
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE recording (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  created_at INTEGER NOT NULL
) STRICT;

-- how a recording is known again; one recording may be known by several keys
CREATE TABLE recording_key (
  kind TEXT NOT NULL CHECK (kind IN ('audio', 'print')),
  key BLOB NOT NULL,
  recording_id INTEGER NOT NULL REFERENCES recording (id),
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX recording_key_recording ON recording_key (recording_id);

CREATE TABLE file (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  library_id INTEGER NOT NULL REFERENCES library (id),
  path BLOB NOT NULL,
  target BLOB,                       -- where it really lies, if it is a link: an absolute path
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'present' CHECK (state IN ('present', 'away')),
  audio_key BLOB NOT NULL,           -- hash of the first audio packets, or FLAC's own MD5
  container TEXT NOT NULL,
  codec TEXT NOT NULL,
  profile TEXT,
  sample_rate INTEGER NOT NULL,
  channels INTEGER NOT NULL,
  layout TEXT NOT NULL,
  bit_depth INTEGER,
  bit_rate INTEGER,
  samples INTEGER NOT NULL,
  samples_exact INTEGER NOT NULL,
  delay_samples INTEGER NOT NULL DEFAULT 0,
  packet_index BLOB NOT NULL DEFAULT x'',
  measured INTEGER NOT NULL DEFAULT 0,  -- 1: read through once, 2: tried and not readable
  picture BLOB NOT NULL DEFAULT x'',    -- hash of the picture inside; empty: there is none
  sidecar TEXT NOT NULL DEFAULT '',     -- the lyrics file beside it as last read: size and time
  added_at INTEGER NOT NULL
) STRICT;
-- a file that is away keeps its path, even when another one has taken its place
CREATE UNIQUE INDEX file_path ON file (library_id, path) WHERE state = 'present';
CREATE INDEX file_any_path ON file (library_id, path);
CREATE INDEX file_audio_key ON file (audio_key);
CREATE INDEX file_picture ON file (picture) WHERE picture != x'';
CREATE INDEX file_unmeasured ON file (id) WHERE measured = 0 AND state = 'present';

CREATE TABLE rejected (
  library_id INTEGER NOT NULL REFERENCES library (id) ON DELETE CASCADE,
  path BLOB NOT NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  reason TEXT NOT NULL,
  rejected_at INTEGER NOT NULL,
  PRIMARY KEY (library_id, path)
) STRICT, WITHOUT ROWID;

-- one picture as it once was: a picture that changes becomes another row, so its address may be
-- kept for ever
CREATE TABLE art (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  library_id INTEGER NOT NULL REFERENCES library (id),
  key BLOB NOT NULL UNIQUE,          -- library, path, size, time; of one inside a file: its hash
  path BLOB NOT NULL,                -- the picture file, or an audio file that holds it
  embedded INTEGER NOT NULL,
  made INTEGER NOT NULL DEFAULT 0,   -- 1: thumbnails were made, 2: tried and none can be made
  colour TEXT,                       -- dominant, "#rrggbb", once thumbnails were made
  failed TEXT                        -- why no thumbnails can be made
) STRICT;
CREATE INDEX art_unmade ON art (id) WHERE made = 0;

CREATE TABLE artist (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  sort_name TEXT NOT NULL,           -- folded for comparing: lower case, no accents, no article
  mbid TEXT NOT NULL DEFAULT '',     -- MusicBrainz artist id
  folded TEXT NOT NULL,
  album_count INTEGER NOT NULL DEFAULT 0,  -- as album artist, with present tracks
  track_count INTEGER NOT NULL DEFAULT 0,  -- present ones, their own or on their albums
  UNIQUE (folded, mbid)
) STRICT;
CREATE INDEX artist_sort ON artist (sort_name, id) WHERE track_count > 0;

CREATE TABLE album (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  grouping_key TEXT NOT NULL,        -- of its artist and title: where to look for its like
  title TEXT NOT NULL,
  sort_title TEXT NOT NULL,
  artist_credit TEXT NOT NULL,
  sort_artist TEXT NOT NULL,
  year INTEGER,
  original_year INTEGER,
  compilation INTEGER NOT NULL DEFAULT 0,
  release_types TEXT NOT NULL DEFAULT '',  -- "album; live"
  mbid TEXT NOT NULL DEFAULT '',           -- MusicBrainz release id
  version TEXT NOT NULL DEFAULT '',        -- edition, folded
  art_id INTEGER REFERENCES art (id),
  added_at INTEGER NOT NULL,
  track_count INTEGER NOT NULL DEFAULT 0,  -- present tracks
  disc_count INTEGER NOT NULL DEFAULT 0,
  duration_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX album_grouping ON album (grouping_key);
CREATE INDEX album_mbid ON album (mbid) WHERE mbid != '';
CREATE INDEX album_sort ON album (sort_title, id) WHERE track_count > 0;
CREATE INDEX album_artist_sort ON album (sort_artist, IFNULL(year, 0), id) WHERE track_count > 0;
CREATE INDEX album_added ON album (added_at, id) WHERE track_count > 0;
CREATE INDEX album_year ON album (IFNULL(year, 0), id) WHERE track_count > 0;

-- keys stand first in tables WITHOUT ROWID: SQLite 3.40's integrity_check mistakes others
CREATE TABLE album_artist (
  album_id INTEGER NOT NULL REFERENCES album (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  artist_id INTEGER NOT NULL REFERENCES artist (id),
  PRIMARY KEY (album_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX album_artist_artist ON album_artist (artist_id, album_id);

CREATE TABLE track (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  file_id INTEGER NOT NULL REFERENCES file (id),
  part INTEGER NOT NULL DEFAULT 0,   -- 0: the whole file; else the number of one of several in it
  begin_samples INTEGER NOT NULL DEFAULT 0,  -- of a part, in the file's canonical samples
  end_samples INTEGER,               -- null: to the end of the file
  recording_id INTEGER NOT NULL REFERENCES recording (id),
  album_id INTEGER NOT NULL REFERENCES album (id),
  library_id INTEGER NOT NULL REFERENCES library (id),
  state TEXT NOT NULL DEFAULT 'present' CHECK (state IN ('present', 'away')),
  title TEXT NOT NULL,
  sort_title TEXT NOT NULL,
  artist_credit TEXT NOT NULL,       -- as printed
  album_title TEXT NOT NULL,
  folder BLOB NOT NULL DEFAULT x'',  -- of its release: without a last part such as "CD 2"
  disc INTEGER NOT NULL DEFAULT 1,
  position INTEGER,                  -- the number on its disc
  disc_subtitle TEXT,
  year INTEGER,
  duration_ms INTEGER NOT NULL,
  explicit INTEGER NOT NULL DEFAULT 0,
  tagged INTEGER NOT NULL DEFAULT 1, -- 0: its title comes from its path
  album_artist_credit TEXT NOT NULL DEFAULT '',  -- as tagged; empty: not tagged
  compilation INTEGER NOT NULL DEFAULT 0,
  original_year INTEGER,
  release_mbid TEXT NOT NULL DEFAULT '',
  release_types TEXT NOT NULL DEFAULT '',
  art_id INTEGER REFERENCES art (id),
  tags TEXT NOT NULL DEFAULT '{}',   -- JSON: everything else that was read, for later
  added_at INTEGER NOT NULL,
  UNIQUE (file_id, part)
) STRICT;
CREATE INDEX track_album ON track (album_id, disc, position, id);
CREATE INDEX track_recording ON track (recording_id);
CREATE INDEX track_folder ON track (library_id, folder);
CREATE INDEX track_art ON track (art_id);
CREATE INDEX track_sort ON track (sort_title, id) WHERE state = 'present';
CREATE INDEX track_added ON track (added_at, id) WHERE state = 'present';

CREATE TABLE track_artist (
  track_id INTEGER NOT NULL REFERENCES track (id) ON DELETE CASCADE,
  role TEXT NOT NULL,                -- "artist", "album" (album artist), "composer" ...
  position INTEGER NOT NULL,
  artist_id INTEGER NOT NULL REFERENCES artist (id),
  PRIMARY KEY (track_id, role, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX track_artist_artist ON track_artist (artist_id, track_id);

CREATE TABLE genre (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  folded TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE track_genre (
  track_id INTEGER NOT NULL REFERENCES track (id) ON DELETE CASCADE,
  genre_id INTEGER NOT NULL REFERENCES genre (id),
  position INTEGER NOT NULL,
  PRIMARY KEY (track_id, genre_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX track_genre_genre ON track_genre (genre_id, track_id);

CREATE TABLE lyrics (
  track_id INTEGER NOT NULL REFERENCES track (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('embedded', 'file')),
  language TEXT NOT NULL DEFAULT 'und',
  synced INTEGER NOT NULL,
  lines TEXT NOT NULL,               -- JSON: [[start_ms or null, text], ...]
  PRIMARY KEY (track_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE scan (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
  stage TEXT NOT NULL,               -- "looking", "reading", "finishing", "done"
  started_at INTEGER NOT NULL,
  beat_at INTEGER NOT NULL,          -- last sign of life
  finished_at INTEGER,
  found INTEGER NOT NULL DEFAULT 0,
  done INTEGER NOT NULL DEFAULT 0,
  added INTEGER NOT NULL DEFAULT 0,
  updated INTEGER NOT NULL DEFAULT 0,
  moved INTEGER NOT NULL DEFAULT 0,
  away INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0,
  error TEXT
) STRICT;

-- search: three indexes kept by triggers ----------------------------------------------------------

CREATE VIRTUAL TABLE track_search USING fts5 (
  title, artist_credit, album_title, content = 'track', content_rowid = 'id',
  tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
CREATE TRIGGER track_search_insert AFTER INSERT ON track BEGIN
  INSERT INTO track_search (rowid, title, artist_credit, album_title)
  VALUES (new.id, new.title, new.artist_credit, new.album_title);
END;
CREATE TRIGGER track_search_delete AFTER DELETE ON track BEGIN
  INSERT INTO track_search (track_search, rowid, title, artist_credit, album_title)
  VALUES ('delete', old.id, old.title, old.artist_credit, old.album_title);
END;
CREATE TRIGGER track_search_update AFTER UPDATE OF title, artist_credit, album_title ON track BEGIN
  INSERT INTO track_search (track_search, rowid, title, artist_credit, album_title)
  VALUES ('delete', old.id, old.title, old.artist_credit, old.album_title);
  INSERT INTO track_search (rowid, title, artist_credit, album_title)
  VALUES (new.id, new.title, new.artist_credit, new.album_title);
END;

CREATE VIRTUAL TABLE album_search USING fts5 (
  title, artist_credit, content = 'album', content_rowid = 'id',
  tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
CREATE TRIGGER album_search_insert AFTER INSERT ON album BEGIN
  INSERT INTO album_search (rowid, title, artist_credit)
  VALUES (new.id, new.title, new.artist_credit);
END;
CREATE TRIGGER album_search_delete AFTER DELETE ON album BEGIN
  INSERT INTO album_search (album_search, rowid, title, artist_credit)
  VALUES ('delete', old.id, old.title, old.artist_credit);
END;
CREATE TRIGGER album_search_update AFTER UPDATE OF title, artist_credit ON album BEGIN
  INSERT INTO album_search (album_search, rowid, title, artist_credit)
  VALUES ('delete', old.id, old.title, old.artist_credit);
  INSERT INTO album_search (rowid, title, artist_credit)
  VALUES (new.id, new.title, new.artist_credit);
END;

CREATE VIRTUAL TABLE artist_search USING fts5 (
  name, content = 'artist', content_rowid = 'id',
  tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
CREATE TRIGGER artist_search_insert AFTER INSERT ON artist BEGIN
  INSERT INTO artist_search (rowid, name) VALUES (new.id, new.name);
END;
CREATE TRIGGER artist_search_delete AFTER DELETE ON artist BEGIN
  INSERT INTO artist_search (artist_search, rowid, name) VALUES ('delete', old.id, old.name);
END;
CREATE TRIGGER artist_search_update AFTER UPDATE OF name ON artist BEGIN
  INSERT INTO artist_search (artist_search, rowid, name) VALUES ('delete', old.id, old.name);
  INSERT INTO artist_search (rowid, name) VALUES (new.id, new.name);
END;

-- household -------------------------------------------------------------------------------------

CREATE TABLE account (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL COLLATE NOCASE UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('owner', 'adult', 'child', 'guest')),
  password_hash TEXT NOT NULL,
  disabled INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE profile (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  colour TEXT NOT NULL,              -- a name from the palette in profiles.COLOURS
  picture TEXT NOT NULL,             -- a name from profiles.PICTURES
  created_at INTEGER NOT NULL,
  UNIQUE (account_id, name)
) STRICT;

CREATE TABLE session (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  secret_hash BLOB NOT NULL UNIQUE,  -- SHA-256 of the cookie's value
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  profile_id INTEGER REFERENCES profile (id) ON DELETE SET NULL,  -- null: nobody chosen yet
  user_agent TEXT NOT NULL,
  address TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_account ON session (account_id);

CREATE TABLE token (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  secret_hash BLOB NOT NULL UNIQUE,
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  profile_id INTEGER NOT NULL REFERENCES profile (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at INTEGER
) STRICT;
CREATE INDEX token_account ON token (account_id);

-- listening -------------------------------------------------------------------------------------

-- append-only; everything else about taste is derived from it
CREATE TABLE play (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  client_event_id TEXT NOT NULL,
  profile_id INTEGER NOT NULL REFERENCES profile (id) ON DELETE CASCADE,
  recording_id INTEGER NOT NULL REFERENCES recording (id),
  track_id INTEGER NOT NULL REFERENCES track (id),
  listening_session TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  tz_offset_minutes INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  device TEXT NOT NULL,
  source TEXT NOT NULL,              -- album, artist, playlist, search, queue, hand, radio:..., mix:...
  source_id TEXT,
  offer_id TEXT,                     -- which list of ours offered it
  offer_rank INTEGER,
  played_ms INTEGER NOT NULL,
  track_ms INTEGER NOT NULL,
  ending TEXT NOT NULL CHECK (ending IN ('done', 'skip', 'back', 'stop', 'error')),
  seeks INTEGER NOT NULL DEFAULT 0,
  shuffle INTEGER NOT NULL DEFAULT 0,
  private INTEGER NOT NULL DEFAULT 0,
  UNIQUE (profile_id, client_event_id)
) STRICT;
CREATE INDEX play_profile ON play (profile_id, started_at);
CREATE INDEX play_recording ON play (recording_id, profile_id);

-- what was offered, taken or not; without it a skip cannot be told from browsing
CREATE TABLE impression (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  offer_id TEXT NOT NULL,
  profile_id INTEGER NOT NULL REFERENCES profile (id) ON DELETE CASCADE,
  shelf TEXT NOT NULL,
  item TEXT NOT NULL,                -- public id
  rank INTEGER NOT NULL,
  shown_at INTEGER NOT NULL,
  UNIQUE (offer_id, profile_id, rank)
) STRICT;

CREATE TABLE star (
  profile_id INTEGER NOT NULL REFERENCES profile (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('track', 'album', 'artist')),
  item_id INTEGER NOT NULL,          -- of a track: its recording
  starred_at INTEGER NOT NULL,
  PRIMARY KEY (profile_id, kind, item_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE playlist (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  profile_id INTEGER NOT NULL REFERENCES profile (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX playlist_profile ON playlist (profile_id, changed_at);

CREATE TABLE playlist_item (
  playlist_id INTEGER NOT NULL REFERENCES playlist (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  recording_id INTEGER NOT NULL REFERENCES recording (id),
  track_id INTEGER NOT NULL REFERENCES track (id),  -- the one that was meant, when it was added
  PRIMARY KEY (playlist_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE queue (
  profile_id INTEGER PRIMARY KEY REFERENCES profile (id) ON DELETE CASCADE,
  state TEXT NOT NULL,               -- JSON of queue.Queue
  changed_at INTEGER NOT NULL
) STRICT;

-- streaming -------------------------------------------------------------------------------------

CREATE TABLE programme (
  id TEXT PRIMARY KEY,
  tracks TEXT NOT NULL,              -- JSON: row ids in order
  used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;
COMMIT;
