import { createEffect, createRoot } from "solid-js";
import { expect, test } from "vitest";
import type { Delta, JsonObject, SnapshotPart, Source } from "../api/types";
import { type LiveStore, makeLiveStore } from "./liveStore";

function host(id: string, cpu = 10): JsonObject {
  return {
    id,
    type: "host",
    name: id,
    status: "online",
    cpu: { current: cpu },
    platformData: { osName: "Debian" },
  };
}

function snapshot(resources: readonly JsonObject[], more: Partial<SnapshotPart> = {}): SnapshotPart {
  return { type: "snapshot", rev: 1, part: 1, parts: 1, resources, sources: [], ...more };
}

function delta(more: Partial<Delta>): Delta {
  return {
    type: "delta",
    prev: 1,
    rev: 2,
    set: [],
    patch: [],
    gone: [],
    sources: [],
    goneSources: [],
    ...more,
  };
}

function filled(...resources: readonly JsonObject[]): LiveStore {
  const store = makeLiveStore();
  store.apply(snapshot(resources));
  return store;
}

test("is not ready until the last part, which replaces everything", () => {
  const store = filled(host("old"));
  store.apply(snapshot([host("a")], { rev: 5, parts: 2 }));
  expect(store.ids()).toEqual(["old"]);
  store.apply(snapshot([host("b")], { rev: 5, part: 2, parts: 2 }));
  expect(store.ids()).toEqual(["a", "b"]);
});

test("refuses parts out of order", () => {
  const store = makeLiveStore();
  expect(store.apply(snapshot([host("a")], { part: 2, parts: 2 }))).toBe(false);
  expect(store.ready()).toBe(false);
});

test("applies set, patch and gone", () => {
  const store = filled(host("a"), host("b"));
  const kept = store.apply(
    delta({
      set: [host("c")],
      patch: [{ id: "a", cpu: { current: 55 }, platformData: { osName: null } }],
      gone: ["b"],
    }),
  );
  expect(kept).toBe(true);
  expect(store.ids()).toEqual(["a", "c"]);
  expect(store.resource("a")?.cpu?.current).toBe(55);
  expect(store.resource("a")?.platformData).toEqual({});
});

test("takes in new and changed sources and keeps the others", () => {
  const source = (id: string, health: Source["health"]): Source => ({
    id,
    name: id,
    type: "pve",
    health,
    lastSeen: 1,
  });
  const store = makeLiveStore();
  store.apply(snapshot([], { sources: [source("a", "ok"), source("b", "ok"), source("c", "ok")] }));
  store.apply(delta({ sources: [source("b", "failed"), source("d", "ok")], goneSources: ["c"] }));
  const told = store.sources().map((each) => `${each.id} ${each.health}`);
  expect(told.sort()).toEqual(["a ok", "b failed", "d ok"]);
});

test("refuses a delta that does not follow the revision it holds", () => {
  const store = filled(host("a"));
  expect(store.apply(delta({ prev: 7, rev: 8, gone: ["a"] }))).toBe(false);
  expect(store.ids()).toEqual(["a"]);
});

test("refuses deltas before a snapshot, and patches of unknown resources", () => {
  expect(makeLiveStore().apply(delta({}))).toBe(false);
  expect(filled(host("a")).apply(delta({ patch: [{ id: "ghost", cpu: { current: 1 } }] }))).toBe(false);
});

test("drops fields of a wrong type instead of showing them", () => {
  const store = filled({
    ...host("a"),
    cpu: { current: "many" },
    lastSeen: -62135596800000,
    disk: { current: -1 },
  });
  expect(store.resource("a")?.cpu).toBeUndefined();
  expect(store.resource("a")?.disk).toBeUndefined();
  expect(store.resource("a")?.lastSeen).toBeUndefined();
});

test("tells only the readers of the changed resource", () => {
  const store = filled(host("a"), host("b"));
  const runs = { a: 0, b: 0, ids: 0 };
  const dispose = createRoot((dispose) => {
    createEffect(() => {
      store.resource("a");
      runs.a += 1;
    });
    createEffect(() => {
      store.resource("b");
      runs.b += 1;
    });
    createEffect(() => {
      store.ids();
      runs.ids += 1;
    });
    return dispose;
  });
  store.apply(delta({ patch: [{ id: "a", cpu: { current: 20 } }] }));
  expect(runs).toEqual({ a: 2, b: 1, ids: 1 });
  dispose();
});

test("keeps no tracker for what nobody reads any more", async () => {
  const store = filled(host("a"), host("b"));
  const dispose = createRoot((dispose) => {
    createEffect(() => store.resource("a"));
    return dispose;
  });
  for (let rev = 1; rev < 50; rev += 1) {
    store.apply(delta({ prev: rev, rev: rev + 1, patch: [{ id: "a", cpu: { current: rev } }] }));
  }
  await Promise.resolve();
  expect(store.watched()).toBe(1);
  dispose();
  await Promise.resolve();
  expect(store.watched()).toBe(0);
});
