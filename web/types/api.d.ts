// The JSON API's shapes, as far as the pages use them.

interface Ref {
  id: string;
  name: string;
}

interface Track {
  id: string;
  title: string;
  album: { id: string; title: string };
  artists: Ref[];
  artist_credit: string;
  disc: number;
  position: number | null;
  duration: number;
  explicit: boolean;
  starred: boolean;
  away: boolean;
  art: Record<string, string> | null;
  codec: string;
  sample_rate: number;
  bit_depth: number | null;
  bit_rate: number | null;
  lossless: boolean;
  spoken?: string;
}

interface Programme {
  id: string;
  duration: number;
  hls: string;
  parts: { track: string; start: number; duration: number; skipped: number; gain: number | null }[];
  renditions?: Rendition[];
  why?: string[];
  shared_until?: number | null;
}

/** One way in which a programme is offered. */
interface Rendition {
  name: string;
  codec: string;
  bit_rate: number;
  sample_rate: number;
  channels: number;
  bit_depth: number | null;
  lossless: boolean;
  copy: boolean;
}

interface Scan {
  id: string;
  state: "running" | "done" | "failed";
  stage: string;
  found: number;
  done: number;
  added: number;
  updated: number;
  moved: number;
  away: number;
  rejected: number;
  error: string | null;
}

type Repeat = "off" | "all" | "one";
type Ending = "done" | "skip" | "back" | "stop" | "error";

/** Where a track was taken from, for the record of plays. */
interface Source {
  source: string;
  source_id?: string;
  offer_id?: string;
  offer_rank?: number;
}

interface QueueItem {
  key: string;
  track: Track;
  from: Source;
}

interface Queue {
  /** In the order of playing. */
  items: QueueItem[];
  /** Index of what plays; 0 in an empty queue. */
  current: number;
  shuffle: boolean;
  repeat: Repeat;
  /** Keys in the order before shuffling; empty when it was not shuffled. */
  unshuffled: string[];
}

interface Analysis {
  state: "running" | "paused" | "done" | "waiting";
  done: number;
  total: number;
  problems: number;
}

interface Waveform {
  peak: number[];
  rms: number[];
}

interface Heard {
  analysed: boolean;
  loudness: number | null;
  loudness_range: number | null;
  sample_peak: number | null;
  true_peak: number | null;
  lead_silence: number | null;
  trail_silence: number | null;
  bpm: number | null;
  key: string | null;
  energy: number | null;
  problem: string | null;
}

/** The managed kind of iPhones, which the DOM's own types lack. */
declare var ManagedMediaSource: typeof MediaSource | undefined;
