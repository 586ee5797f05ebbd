-- Pictures of discs and artists, a blurred placeholder, and lyrics that know their form.
BEGIN;

ALTER TABLE art ADD COLUMN blur TEXT;  -- a few pixels of it, WebP in base64, once it was drawn

-- of the disc, where it has a picture of its own; it goes before art_id
ALTER TABLE track ADD COLUMN disc_art_id INTEGER REFERENCES art (id);
CREATE INDEX track_disc_art ON track (disc_art_id) WHERE disc_art_id IS NOT NULL;
CREATE INDEX track_further_disc ON track (library_id, folder) WHERE disc > 1;

ALTER TABLE artist ADD COLUMN art_id INTEGER REFERENCES art (id);  -- a picture of the artist
CREATE INDEX artist_art ON artist (art_id) WHERE art_id IS NOT NULL;

ALTER TABLE lyrics ADD COLUMN form TEXT NOT NULL DEFAULT '';  -- "ttml", "lrc" ...; of a file
ALTER TABLE lyrics ADD COLUMN translation INTEGER NOT NULL DEFAULT 0;

-- thumbnails are drawn anew, in more sizes and with a placeholder
UPDATE art SET made = 0 WHERE made = 1;

PRAGMA user_version = 5;
COMMIT;
