-- What is made of tracks after they were written: words to look for, credits, works, rights. All of
-- it can be made again from the rows it comes from. New rows are those above a mark, so that they
-- cost a scan nothing; those that changed are noted by triggers.
BEGIN;

DROP TRIGGER IF EXISTS track_search_insert;
DROP TRIGGER IF EXISTS track_search_delete;
DROP TRIGGER IF EXISTS track_search_update;
DROP TRIGGER IF EXISTS album_search_insert;
DROP TRIGGER IF EXISTS album_search_delete;
DROP TRIGGER IF EXISTS album_search_update;
DROP TRIGGER IF EXISTS artist_search_insert;
DROP TRIGGER IF EXISTS artist_search_delete;
DROP TRIGGER IF EXISTS artist_search_update;
DROP TABLE track_search;
DROP TABLE album_search;
DROP TABLE artist_search;

-- search ----------------------------------------------------------------------------------------

-- words of `words.words`, between spaces; `keys` are those of `words.keys`, one a line
CREATE VIRTUAL TABLE artist_words USING fts5 (
  name, credit, more, keys UNINDEXED,
  tokenize = 'ascii', detail = column, columnsize = 0, prefix = '1 2'
);
CREATE VIRTUAL TABLE album_words USING fts5 (
  name, credit, more, keys UNINDEXED,
  tokenize = 'ascii', detail = column, columnsize = 0, prefix = '1 2'
);
CREATE VIRTUAL TABLE track_words USING fts5 (
  name, credit, more, keys UNINDEXED,
  tokenize = 'ascii', detail = column, columnsize = 0, prefix = '2'
);
CREATE VIRTUAL TABLE playlist_words USING fts5 (
  name, credit, more, keys UNINDEXED, tokenize = 'ascii', detail = column, columnsize = 0
);
CREATE VIRTUAL TABLE genre_words USING fts5 (
  name, credit, more, keys UNINDEXED, tokenize = 'ascii', detail = column, columnsize = 0
);
-- of a track, by its row id
CREATE VIRTUAL TABLE lyrics_words USING fts5 (text, tokenize = 'ascii', columnsize = 0);

-- whole names without spaces, for what is called just so or begins so
CREATE TABLE search_key (
  kind INTEGER NOT NULL,             -- 1 artist, 2 album, 3 track, 4 playlist, 5 genre
  key TEXT NOT NULL,
  item_id INTEGER NOT NULL,
  PRIMARY KEY (kind, key, item_id)
) STRICT, WITHOUT ROWID;

-- words of four letters or more that stand in names: what a mistyped word may have meant
CREATE TABLE search_word (
  word TEXT PRIMARY KEY,
  backwards TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX search_word_backwards ON search_word (backwards);

-- how far each table was read: rows with higher ids are new
CREATE TABLE search_mark (
  kind TEXT PRIMARY KEY,
  id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO search_mark (kind, id) VALUES
  ('artist', 0), ('album', 0), ('track', 0), ('playlist', 0), ('genre', 0), ('play', 0);

-- rows below the mark that changed or went
CREATE TABLE search_pending (
  kind TEXT NOT NULL,
  item_id INTEGER NOT NULL,
  PRIMARY KEY (kind, item_id)
) STRICT, WITHOUT ROWID;
INSERT INTO search_pending (kind, item_id) SELECT DISTINCT 'lyrics', track_id FROM lyrics;

-- how often this household played something; who played in private is not counted
CREATE TABLE popularity (
  kind INTEGER NOT NULL,             -- as in search_key
  item_id INTEGER NOT NULL,
  plays INTEGER NOT NULL,
  PRIMARY KEY (kind, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX popularity_plays ON popularity (kind, plays);

CREATE TRIGGER track_changed AFTER UPDATE OF title, artist_credit, album_title, tags ON track
WHEN old.id <= (SELECT id FROM search_mark WHERE kind = 'track')
  AND (old.title, old.artist_credit, old.album_title, old.tags)
    IS NOT (new.title, new.artist_credit, new.album_title, new.tags)
BEGIN INSERT OR IGNORE INTO search_pending (kind, item_id) VALUES ('track', old.id); END;
CREATE TRIGGER track_gone AFTER DELETE ON track
BEGIN INSERT OR IGNORE INTO search_pending (kind, item_id) VALUES ('track', old.id); END;

CREATE TRIGGER album_changed AFTER UPDATE OF title, artist_credit ON album
WHEN old.id <= (SELECT id FROM search_mark WHERE kind = 'album')
  AND (old.title, old.artist_credit) IS NOT (new.title, new.artist_credit)
BEGIN INSERT OR IGNORE INTO search_pending (kind, item_id) VALUES ('album', old.id); END;
CREATE TRIGGER album_gone AFTER DELETE ON album
BEGIN INSERT OR IGNORE INTO search_pending (kind, item_id) VALUES ('album', old.id); END;

CREATE TRIGGER artist_changed AFTER UPDATE OF name, sort_name ON artist
WHEN old.id <= (SELECT id FROM search_mark WHERE kind = 'artist')
  AND (old.name, old.sort_name) IS NOT (new.name, new.sort_name)
BEGIN INSERT OR IGNORE INTO search_pending (kind, item_id) VALUES ('artist', old.id); END;
CREATE TRIGGER artist_gone AFTER DELETE ON artist
BEGIN INSERT OR IGNORE INTO search_pending (kind, item_id) VALUES ('artist', old.id); END;

CREATE TRIGGER playlist_changed AFTER UPDATE OF name ON playlist
WHEN old.name IS NOT new.name
BEGIN INSERT OR IGNORE INTO search_pending (kind, item_id) VALUES ('playlist', old.id); END;
CREATE TRIGGER playlist_gone AFTER DELETE ON playlist
BEGIN INSERT OR IGNORE INTO search_pending (kind, item_id) VALUES ('playlist', old.id); END;

CREATE TRIGGER genre_gone AFTER DELETE ON genre
BEGIN INSERT OR IGNORE INTO search_pending (kind, item_id) VALUES ('genre', old.id); END;

CREATE TRIGGER lyrics_came AFTER INSERT ON lyrics
BEGIN INSERT OR IGNORE INTO search_pending (kind, item_id) VALUES ('lyrics', new.track_id); END;
CREATE TRIGGER lyrics_changed AFTER UPDATE ON lyrics
BEGIN INSERT OR IGNORE INTO search_pending (kind, item_id) VALUES ('lyrics', new.track_id); END;
CREATE TRIGGER lyrics_gone AFTER DELETE ON lyrics
BEGIN INSERT OR IGNORE INTO search_pending (kind, item_id) VALUES ('lyrics', old.track_id); END;

-- credits, works, rights --------------------------------------------------------------------------

-- roles beside "artist" and "album": "composer", "conductor", "performer", "producer" ...
ALTER TABLE track_artist ADD COLUMN instrument TEXT NOT NULL DEFAULT '';

CREATE TABLE work (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  title TEXT NOT NULL,
  sort_title TEXT NOT NULL,
  folded TEXT NOT NULL,              -- title, for comparing
  composer_id INTEGER NOT NULL DEFAULT 0,  -- an artist; 0: not told
  UNIQUE (composer_id, folded)
) STRICT;
CREATE INDEX work_sort ON work (sort_title, id);

CREATE TABLE track_work (
  track_id INTEGER PRIMARY KEY REFERENCES track (id) ON DELETE CASCADE,
  work_id INTEGER NOT NULL REFERENCES work (id),
  movement TEXT NOT NULL,
  number INTEGER,
  total INTEGER,
  shown INTEGER NOT NULL,            -- work and movement stand for the title (SHOWMOVEMENT)
  performance TEXT NOT NULL          -- who plays: tells two performances of one work apart
) STRICT;
CREATE INDEX track_work_work ON track_work (work_id, track_id);

-- as tagged; empty where nothing was said
CREATE TABLE track_rights (
  track_id INTEGER PRIMARY KEY REFERENCES track (id) ON DELETE CASCADE,
  isrc TEXT NOT NULL,
  label TEXT NOT NULL,
  copyright TEXT NOT NULL,
  license TEXT NOT NULL
) STRICT;
CREATE INDEX track_rights_label ON track_rights (label) WHERE label != '';

CREATE TABLE track_mood (
  track_id INTEGER NOT NULL REFERENCES track (id) ON DELETE CASCADE,
  mood TEXT NOT NULL,                -- small letters
  PRIMARY KEY (track_id, mood)
) STRICT, WITHOUT ROWID;
CREATE INDEX track_mood_mood ON track_mood (mood, track_id);

PRAGMA user_version = 8;
COMMIT;
