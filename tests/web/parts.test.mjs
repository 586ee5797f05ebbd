// A programme's parts against the queue. Run with: node --test tests/web/

import assert from "node:assert/strict";
import { test } from "node:test";

import * as parts from "../../web/static/js/parts.js";
import * as queues from "../../web/static/js/queue.js";

const track = (id, duration = 100) => ({ id, duration, away: false, title: id, artists: [], album: { id: "al-1", title: "" } });
const queue = (at, ...ids) => queues.begun(queues.empty(), queues.items(ids.map((id) => track(id)), { source: "album" }), at, false);
const names = (items) => items.map((item) => item.track.id).join(" ");
const line = (...lengths) => {
  let start = 0;
  return lengths.map((duration, n) => {
    start += duration;
    return { key: `k${n}`, track: `t${n}`, start: start - duration, duration, skipped: 0 };
  });
};

test("a part sounds from its first moment until the next one begins", () => {
  const three = line(10, 20, 30);
  assert.deepEqual([0, 9.9, 10, 29.998, 30, 500].map((time) => parts.at(three, time)), [0, 0, 1, 1, 2, 2]);
  assert.equal(parts.end(three, 0), 10);
  assert.equal(parts.end(three, 2), 60);
});

test("where two tracks are faded into each other, the later one has the word", () => {
  const faded = [{ key: "a", track: "a", start: 0, duration: 10 }, { key: "b", track: "b", start: 6, duration: 10 }];
  assert.equal(parts.at(faded, 7), 1);
  assert.equal(parts.end(faded, 0), 6);
});

test("the plan follows the queue until there is enough of it", () => {
  assert.equal(names(parts.plan(queue(1, "a", "b", "c", "d", "e"), 150)), "b c");
  assert.equal(names(parts.plan(queue(3, "a", "b", "c", "d"), 1000)), "d");
  assert.equal(names(parts.plan(queue(0, "a", "b", "c", "d"), 10, 3)), "a b c");
  assert.deepEqual(parts.plan(queues.empty(), 100), []);
});

test("a queue that repeats goes round, and one track goes on and on", () => {
  assert.equal(names(parts.plan({ ...queue(1, "a", "b"), repeat: "all" }, 350)), "b a b a");
  assert.equal(names(parts.plan({ ...queue(1, "a", "b"), repeat: "one" }, 300)), "b b b");
});

test("what has to be played alone ends a plan, or is one by itself", () => {
  const three = queue(0, "a", "b", "c");
  const apart = new Set([three.items[1].key]);
  assert.equal(names(parts.plan(three, 1000, 2, apart)), "a");
  assert.equal(names(parts.plan({ ...three, current: 1 }, 1000, 2, apart)), "b c");
});

test("parts agree with the queue up to the first that it wants otherwise", () => {
  const three = queue(0, "a", "b", "c");
  const made = three.items.map((item, n) => ({ key: item.key, track: item.track.id, start: n * 100, duration: 100 }));
  assert.equal(parts.agreed(made, 0, three.items), 3);
  assert.equal(parts.agreed(made, 1, three.items.slice(1)), 2);
  const edited = queues.inserted(three, queues.items([track("x")], { source: "hand" }), 1);
  assert.equal(parts.agreed(made, 0, edited.items), 1);
});

test("two programmes share what is the same in both, and no moment more", () => {
  const before = line(10, 20, 30);
  assert.equal(parts.shared(before, line(10, 20, 30, 40)), 60);
  assert.equal(parts.shared(before, line(10, 21)), 10);
  assert.equal(parts.shared(before, []), 0);
  const other = line(10, 20);
  other[1].track = "x";
  assert.equal(parts.shared(before, other), 10);
  const faded = line(10, 20);
  faded[1].start = 6; // the first one's end is no longer what it was
  assert.equal(parts.shared(before, faded), 6);
});

test("a track that stands in a programme twice is found where it comes next", () => {
  const twice = line(10, 10, 10, 10);
  twice[2].key = "k0";
  assert.equal(parts.find(twice, 1, "k0"), 2);
  assert.equal(parts.find(twice, 3, "k0"), 2);
  assert.equal(parts.find(twice, 0, "nowhere"), -1);
});
