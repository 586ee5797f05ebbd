-- Scans write many rows at once. FTS5 writes a segment at the end of every statement that a trigger
-- belongs to, so new tracks are put into their index by one statement a batch (tracks.index), and
-- the triggers of changed rows run only where a word has changed.
BEGIN;

DROP TRIGGER track_search_insert;
DROP TRIGGER track_search_update;
CREATE TRIGGER track_search_update AFTER UPDATE OF title, artist_credit, album_title ON track
WHEN new.title != old.title OR new.artist_credit != old.artist_credit
  OR new.album_title != old.album_title
BEGIN
  INSERT INTO track_search (track_search, rowid, title, artist_credit, album_title)
  VALUES ('delete', old.id, old.title, old.artist_credit, old.album_title);
  INSERT INTO track_search (rowid, title, artist_credit, album_title)
  VALUES (new.id, new.title, new.artist_credit, new.album_title);
END;

DROP TRIGGER album_search_update;
CREATE TRIGGER album_search_update AFTER UPDATE OF title, artist_credit ON album
WHEN new.title != old.title OR new.artist_credit != old.artist_credit
BEGIN
  INSERT INTO album_search (album_search, rowid, title, artist_credit)
  VALUES ('delete', old.id, old.title, old.artist_credit);
  INSERT INTO album_search (rowid, title, artist_credit)
  VALUES (new.id, new.title, new.artist_credit);
END;

-- whether a picture is still shown is asked of every picture at the end of a scan
CREATE INDEX album_art ON album (art_id) WHERE art_id IS NOT NULL;

-- Lists of a genre are read along an index, as those of all: the orders of its albums and tracks
-- are kept beside it, and its counts.
ALTER TABLE genre ADD COLUMN album_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE genre ADD COLUMN track_count INTEGER NOT NULL DEFAULT 0;

CREATE TABLE album_genre (
  genre_id INTEGER NOT NULL REFERENCES genre (id),
  album_id INTEGER NOT NULL REFERENCES album (id) ON DELETE CASCADE,
  sort_title TEXT NOT NULL,
  sort_artist TEXT NOT NULL,
  year INTEGER NOT NULL,             -- 0: not told
  added_at INTEGER NOT NULL,
  track_count INTEGER NOT NULL,      -- present tracks of that genre on the album
  PRIMARY KEY (genre_id, album_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX album_genre_album ON album_genre (album_id);
CREATE INDEX album_genre_sort ON album_genre (genre_id, sort_title, album_id);
CREATE INDEX album_genre_artist ON album_genre (genre_id, sort_artist, year, album_id);
CREATE INDEX album_genre_year ON album_genre (genre_id, year, album_id);
CREATE INDEX album_genre_added ON album_genre (genre_id, added_at, album_id);
INSERT INTO album_genre (genre_id, album_id, sort_title, sort_artist, year, added_at, track_count)
SELECT track_genre.genre_id, album.id, album.sort_title, album.sort_artist, IFNULL(album.year, 0),
  album.added_at, COUNT(*)
FROM track JOIN track_genre ON track_genre.track_id = track.id
JOIN album ON album.id = track.album_id
WHERE track.state = 'present' GROUP BY album.id, track_genre.genre_id;
UPDATE genre SET (album_count, track_count) = (
  SELECT COUNT(*), IFNULL(SUM(album_genre.track_count), 0) FROM album_genre
  WHERE album_genre.genre_id = genre.id);

ALTER TABLE track_genre ADD COLUMN sort_title TEXT NOT NULL DEFAULT '';  -- of the track
UPDATE track_genre
SET sort_title = (SELECT track.sort_title FROM track WHERE track.id = track_genre.track_id);
CREATE INDEX track_genre_sort ON track_genre (genre_id, sort_title, track_id);

PRAGMA user_version = 2;
COMMIT;
