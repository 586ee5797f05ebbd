-- What one decode of a file tells (analysis, waveform, print), recordings that turned out to be one
-- (recording_merge), and ratings. All of the first three can be computed again.
BEGIN;

ALTER TABLE file ADD COLUMN analysed INTEGER NOT NULL DEFAULT 0;  -- analyse.VERSION; 0: not yet
ALTER TABLE file ADD COLUMN problem TEXT;  -- what is wrong with its sound, in a person's words
CREATE INDEX file_analysed ON file (analysed, id) WHERE state = 'present';
UPDATE file SET problem = 'cannot be read to its end' WHERE measured = 2;
CREATE INDEX file_problem ON file (id) WHERE problem IS NOT NULL AND state = 'present';

CREATE TABLE analysis (
  file_id INTEGER PRIMARY KEY REFERENCES file (id),
  version INTEGER NOT NULL,
  packets BLOB NOT NULL,             -- hash of all packets
  loudness REAL,                     -- LUFS, integrated
  loudness_range REAL,               -- LU
  sample_peak REAL,                  -- dBFS
  true_peak REAL,                    -- dBTP
  lead_samples INTEGER NOT NULL,     -- of silence
  trail_samples INTEGER NOT NULL,
  bpm REAL,
  key INTEGER,                       -- 0 to 11 major, 12 to 23 minor, C first
  energy REAL,                       -- 0 to 1
  features BLOB NOT NULL             -- float16, in the blocks of media/features.py
) STRICT;
CREATE INDEX analysis_packets ON analysis (packets);

CREATE TABLE waveform (
  file_id INTEGER PRIMARY KEY REFERENCES file (id),
  points BLOB NOT NULL               -- pairs of bytes: peak, RMS
) STRICT;

-- how a sound is known again when it was encoded anew
CREATE TABLE print (
  file_id INTEGER PRIMARY KEY REFERENCES file (id),
  duration_ms INTEGER NOT NULL,
  sound_ms INTEGER NOT NULL,         -- without the silence at both ends
  course BLOB NOT NULL,              -- of its loudness, see media/waveform.py
  bits BLOB NOT NULL
) STRICT;
CREATE INDEX print_duration ON print (duration_ms);
CREATE TABLE print_key (
  key INTEGER NOT NULL,              -- some frames of the print
  file_id INTEGER NOT NULL REFERENCES file (id),
  PRIMARY KEY (key, file_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX print_key_file ON print_key (file_id);

-- a recording that turned out to be another one; what was moved is kept to take it back
CREATE TABLE recording_merge (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kept_id INTEGER NOT NULL REFERENCES recording (id),
  merged_id INTEGER NOT NULL REFERENCES recording (id),
  file_id INTEGER NOT NULL REFERENCES file (id),        -- of the merged one
  like_file_id INTEGER NOT NULL REFERENCES file (id),   -- of the kept one
  reason TEXT NOT NULL CHECK (reason IN ('packets', 'print')),
  difference REAL NOT NULL,          -- part of the print's bits that differ
  moved TEXT NOT NULL,               -- JSON by table: what hung on the merged one
  merged_at INTEGER NOT NULL,
  undone_at INTEGER
) STRICT;
CREATE INDEX recording_merge_pair ON recording_merge (kept_id, merged_id);
CREATE INDEX recording_merge_merged ON recording_merge (merged_id);

CREATE TABLE rating (
  profile_id INTEGER NOT NULL REFERENCES profile (id) ON DELETE CASCADE,
  recording_id INTEGER NOT NULL REFERENCES recording (id),
  value INTEGER NOT NULL CHECK (value BETWEEN 1 AND 100),  -- one star is 20
  origin TEXT NOT NULL CHECK (origin IN ('hand', 'tags')),
  rated_at INTEGER NOT NULL,
  PRIMARY KEY (profile_id, recording_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX rating_recording ON rating (recording_id);

PRAGMA user_version = 4;
COMMIT;
