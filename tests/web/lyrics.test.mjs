// Lyrics as values. Run with: node --test tests/web/

import assert from "node:assert/strict";
import { test } from "node:test";

import * as lines from "../../web/static/js/lyric-lines.js";

const line = (start_ms, text, end_ms = null, more = {}) => ({ start_ms, end_ms, text, agent: "", words: [], ...more });
const text = (all, more = {}) => ({ source: "file", form: "lrc", language: "und", synced: true, translation: false, lines: all, ...more });
const kinds = (rows) => rows.map((row) => (row.pause ? `pause ${row.at}` : row.text));

test("a long silence is a row, before, between and after the lines", () => {
  const rows = lines.rows(text([line(10_000, "A", 12_000), line(14_000, "B"), line(30_000, "C", 31_000)]), 50_000);
  assert.deepEqual(kinds(rows), ["pause 0", "A", "B", "pause 18000", "C", "pause 31000"]);
});

test("a short silence is none", () => {
  assert.deepEqual(kinds(lines.rows(text([line(1000, "A"), line(8000, "B")]), 14_000)), ["A", "B"]);
});

test("an empty line tells where the singing stops and is no row", () => {
  assert.deepEqual(kinds(lines.rows(text([line(1000, "A"), line(2500, ""), line(11_000, "B")]), 12_000)), ["A", "pause 2500", "B"]);
});

test("plain text keeps every line", () => {
  assert.deepEqual(kinds(lines.rows(text([line(null, "A"), line(null, ""), line(null, "B")], { synced: false }), 9000)), ["A", "", "B"]);
});

test("the row of now is the last that has begun, and the first of those that begin together", () => {
  const rows = lines.rows(text([line(1000, "A"), line(2000, "B"), line(2000, "b"), line(3000, "C")]), 0);
  assert.deepEqual([0, 1000, 1999, 2000, 2999, 9000].map((ms) => lines.current(rows, ms)), [-1, 0, 0, 1, 1, 3]);
  assert.equal(lines.current([], 5), -1);
});

test("words are sung once they have begun", () => {
  const [row] = lines.rows(text([line(1000, "A b", 3000, { words: [{ start_ms: 1000, end_ms: 2000, text: "A " }, { start_ms: 2000, end_ms: 3000, text: "b" }] })]), 0);
  assert.deepEqual([999, 1000, 2500].map((ms) => lines.sung(row, ms)), [0, 1, 2]);
});

test("there is one choice for each language, and the one chosen last comes first", () => {
  const all = lines.choices([text([]), text([], { language: "de" }), text([], { language: "de", synced: false }), text([], { language: "fr", translation: true })]);
  assert.deepEqual(all.map((one) => one.name), ["Original", "German", "French (translated)"]);
  assert.equal(lines.chosen(all, "de")?.key, "de");
  assert.equal(lines.chosen(all, "fr")?.key, "fr+");
  assert.equal(lines.chosen(all, "xx")?.key, "und");
  assert.equal(lines.chosen([], "de"), undefined);
  assert.equal(lines.languageName("no such language"), "NO SUCH LANGUAGE");
});

test("two voices stand on two sides", () => {
  const rows = lines.rows(text([line(1, "A", 2, { agent: "v1" }), line(3, "B", 4, { agent: "v2" }), line(5, "C", 6, { agent: "v1000" })]), 0);
  assert.deepEqual([...lines.sides(rows)], [["v1", 0], ["v2", 1]]);
});
