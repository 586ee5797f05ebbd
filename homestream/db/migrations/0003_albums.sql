-- Albums by evidence: why tracks make one, other qualities of a track, and what the owner corrected.
-- A correction hangs on track rows and their recordings, which outlive moves, retags and absence.
BEGIN;

-- 0: tracks came or went since its neighbours were last compared
ALTER TABLE album ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
-- what joined its parts, where it has several: "f:12 a:45", see grouping.Part
ALTER TABLE album ADD COLUMN why TEXT NOT NULL DEFAULT '';
ALTER TABLE album ADD COLUMN release_group TEXT NOT NULL DEFAULT '';  -- MusicBrainz
ALTER TABLE album ADD COLUMN cover_id INTEGER REFERENCES art (id);    -- chosen by the owner
CREATE INDEX album_unsettled ON album (id) WHERE settled = 0;
CREATE INDEX album_release_group ON album (release_group) WHERE release_group != '';
CREATE INDEX album_cover ON album (cover_id) WHERE cover_id IS NOT NULL;

-- a track that is there in a better quality too, on the same place of the same album
CREATE TABLE other_quality (
  track_id INTEGER PRIMARY KEY REFERENCES track (id) ON DELETE CASCADE,
  better_id INTEGER NOT NULL REFERENCES track (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX other_quality_better ON other_quality (better_id);

CREATE TABLE correction (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('split', 'merge', 'move', 'name', 'cover')),
  title TEXT NOT NULL,               -- of the album it was made on, for people
  names TEXT NOT NULL DEFAULT '{}',  -- JSON of corrections.Names
  art_id INTEGER REFERENCES art (id),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE correction_item (
  correction_id INTEGER NOT NULL REFERENCES correction (id) ON DELETE CASCADE,
  track_id INTEGER NOT NULL REFERENCES track (id),
  recording_id INTEGER NOT NULL REFERENCES recording (id),
  role TEXT NOT NULL CHECK (role IN ('it', 'beside')),  -- beside: a track of the album to go to
  album_id INTEGER NOT NULL,         -- where it was
  PRIMARY KEY (correction_id, track_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX correction_item_track ON correction_item (track_id);

PRAGMA user_version = 3;
COMMIT;
