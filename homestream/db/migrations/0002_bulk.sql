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

PRAGMA user_version = 2;
COMMIT;
