// The queue as a value. Run with: node --test tests/web/

import assert from "node:assert/strict";
import { test } from "node:test";

import * as queues from "../../web/static/js/queue.js";
import { uuid } from "../../web/static/js/random.js";

const track = (id, away = false) => ({ id, away, title: id, artists: [], album: { id: "al-1", title: "" } });
const from = { source: "album", source_id: "al-1" };
const list = (...ids) => queues.items(ids.map((id) => track(id)), from);
const ids = (queue) => queue.items.map((item) => item.track.id).join(" ");
const queue = (at, ...names) => queues.begun(queues.empty(), list(...names), at, false);

test("tracks that are away are left out", () => {
  assert.equal(queues.items([track("a"), track("b", true)], from).length, 1);
});

test("the next one follows, and the end is the end", () => {
  assert.equal(queues.following(queue(0, "a", "b"), false), 1);
  assert.equal(queues.following(queue(1, "a", "b"), false), -1);
  assert.equal(queues.following(queues.empty(), true), -1);
});

test("repeat all goes round; repeat one stays until somebody asks for the next", () => {
  const last = queue(1, "a", "b");
  assert.equal(queues.following({ ...last, repeat: "all" }, false), 0);
  assert.equal(queues.following({ ...last, repeat: "one" }, false), 1);
  assert.equal(queues.following({ ...last, repeat: "one" }, true), 0);
});

test("what is added next comes right after what plays", () => {
  const made = queues.inserted(queue(1, "a", "b", "c"), list("x"), 2);
  assert.equal(ids(made), "a b x c");
  assert.equal(queues.playing(made).track.id, "b");
});

test("what is taken out before the one that plays does not change what plays", () => {
  const before = queue(2, "a", "b", "c");
  const after = queues.removed(before, before.items[0].key);
  assert.equal(queues.playing(after).track.id, "c");
  assert.equal(ids(queues.removed(after, "unknown")), "b c");
});

test("moving keeps what plays, wherever it goes", () => {
  const before = queue(0, "a", "b", "c");
  const after = queues.moved(before, before.items[0].key, 2);
  assert.equal(ids(after), "b c a");
  assert.equal(queues.playing(after).track.id, "a");
  assert.equal(ids(queues.moved(after, after.items[0].key, 99)), "c a b");
});

test("shuffling keeps every track once and what plays first; undone, the old order is back", () => {
  const names = Array.from({ length: 30 }, (_, n) => `t${n}`);
  const before = queue(7, ...names);
  const mixed = queues.shuffled(before);
  assert.equal(queues.playing(mixed).track.id, "t7");
  assert.equal(mixed.current, 0);
  assert.deepEqual(new Set(mixed.items), new Set(before.items));
  assert.notEqual(ids(mixed), ids(before));
  const back = queues.unshuffled({ ...mixed, current: 5 });
  assert.equal(ids(back), ids(before));
  assert.equal(queues.playing(back), mixed.items[5]);
});

test("what was added to a shuffled queue comes last when the order is restored", () => {
  const mixed = queues.inserted(queues.shuffled(queue(0, "a", "b", "c")), list("x"), 1);
  assert.equal(ids(queues.unshuffled(mixed)), "a b c x");
});

test("random ids are UUIDs of version 4", () => {
  const made = new Set(Array.from({ length: 100 }, uuid));
  assert.equal(made.size, 100);
  for (const id of made) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
