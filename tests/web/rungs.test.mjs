// The ladder in the player's words. Run with: node --test tests/web/

import assert from "node:assert/strict";
import { test } from "node:test";

import * as rungs from "../../web/static/js/rungs.js";
import { words } from "../../web/static/js/trouble-words.js";

const ladder = [
  { name: "opus-64", bitrate: 65_800 },
  { name: "aac-128", bitrate: 129_800 },
  { name: "flac", bitrate: 911_000 },
];
const flac = { name: "flac", codec: "flac", bit_rate: 900_000, sample_rate: 96_000, channels: 2, bit_depth: 24, lossless: true, copy: false };

test("a choice means a rung that is there, or the nearest to it", () => {
  assert.equal(rungs.chosen("auto", ladder), null);
  assert.equal(rungs.chosen("saver", ladder), "opus-64");
  assert.equal(rungs.chosen("best", ladder), "flac");
  assert.equal(rungs.chosen("aac-128", ladder), "aac-128");
  assert.equal(rungs.chosen("opus-128", ladder), "aac-128");
  assert.equal(rungs.chosen("flac", ladder.slice(0, 2)), "aac-128");
  assert.equal(rungs.chosen("best", []), null);
});

test("a rung is called by its usual bit rate, or by its codec when nothing is lost", () => {
  assert.equal(rungs.short(ladder[1], undefined), "128");
  assert.equal(rungs.short(ladder[2], flac), "FLAC");
  assert.equal(rungs.long(ladder[0], undefined), "Opus 64 kbit/s");
  assert.equal(rungs.long(ladder[2], flac), "FLAC, lossless, 24 bit, 96 kHz");
  assert.equal(rungs.now(ladder[2], { ...flac, copy: true }), "FLAC, lossless, 24 bit, 96 kHz: the file's own sound, untouched");
  assert.equal(rungs.kilobits(211_000), 211);
});

test("the reason for a rung is the choice, the network, or that there is nothing better", () => {
  assert.match(rungs.because("saver", ladder[0], ladder, 0), /little data/);
  assert.match(rungs.because("auto", ladder[2], ladder, 5e6), /best that is offered/);
  assert.match(rungs.because("auto", ladder[0], ladder, 101_000), /about 100 kbit\/s/);
  assert.match(rungs.because("auto", ladder[1], ladder, 1_100_000), /about 1.1 Mbit\/s/);
  assert.match(rungs.because("opus-128", ladder[1], ladder, 5e6), /nearest/);
});

test("a trouble says what there is in hand and when it is tried again", () => {
  const away = { cause: "away", until: 5000, words: "" };
  assert.equal(words(away, { online: true, inHand: 42.7, now: 1000 }), "The network is away: 42 s of sound in hand. Trying again in 4 s…");
  assert.equal(words(away, { online: false, inHand: 0, now: 5000 }), "This device is offline. Trying again now…");
  assert.equal(words({ ...away, cause: "busy" }, { online: true, inHand: 3, now: 4100 }), "The server is busy: 3 s of sound in hand. Trying again in 1 s…");
  assert.equal(words({ ...away, cause: "stalled", until: 0 }, { online: true, inHand: 9, now: 0 }), "The network is slow: 9 s of sound in hand.");
  assert.equal(words({ ...away, cause: "signed-out", until: 0 }, { online: true, inHand: 0, now: 0 }), "You are signed out.");
});
