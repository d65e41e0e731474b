import { createEffect, createRoot } from "solid-js";
import { afterEach, expect, test } from "vitest";
import type { Alert } from "../api/alertTypes";
import { makeAlert } from "../testAlert";
import { type AlertStore, createAlertStore } from "./alertStore";

let dispose: () => void = () => undefined;
afterEach(() => dispose());

function filled(...alerts: readonly Alert[]): AlertStore {
  const store = createRoot((end) => {
    dispose = end;
    return createAlertStore();
  });
  store.apply({ type: "alerts", total: alerts.length, alerts });
  return store;
}

const shownIds = (store: AlertStore) => store.all().map((alert) => alert.id);

test("shows what the newest frame has, and nothing else", () => {
  const store = filled(makeAlert("a"), makeAlert("b"));
  store.apply({ type: "alerts", total: 5, alerts: [makeAlert("b"), makeAlert("c")] });
  expect(shownIds(store)).toEqual(["b", "c"]);
  expect(store.beyond()).toBe(3);
  expect(store.ready()).toBe(true);
});

test("counts those that nobody takes care of, by level", () => {
  const store = filled(
    makeAlert("a", { level: "critical" }),
    makeAlert("b"),
    makeAlert("c"),
    makeAlert("d", { level: "critical", acknowledged: true }),
  );
  expect(store.open()).toEqual({ critical: 1, warning: 2 });
});

test("finds those of a resource, the worst and newest first", () => {
  const store = filled(
    makeAlert("old", { resource: "r", startedAt: 1 }),
    makeAlert("new", { resource: "r", startedAt: 9 }),
    makeAlert("bad", { resource: "r", startedAt: 0, level: "critical" }),
    makeAlert("other", { resource: "s" }),
    makeAlert("none"),
  );
  expect(store.ofResource("r").map((alert) => alert.id)).toEqual(["bad", "new", "old"]);
  expect(store.ofResource("")).toEqual([]);
});

test("shows a wish at once, and takes it back when it is dropped", () => {
  const store = filled(makeAlert("a"), makeAlert("b"));
  store.wish(["a"], "acknowledge");
  store.wish(["b"], "clear");
  expect(store.alert("a")?.acknowledged).toBe(true);
  expect(shownIds(store)).toEqual(["a"]);
  // The hub has not heard of it yet.
  store.apply({ type: "alerts", total: 2, alerts: [makeAlert("a"), makeAlert("b")] });
  expect(store.alert("a")?.acknowledged).toBe(true);
  store.drop(["a", "b"]);
  expect(store.alert("a")?.acknowledged).toBe(false);
  expect(shownIds(store).sort()).toEqual(["a", "b"]);
});

test("keeps what was granted until the hub says otherwise", () => {
  const store = filled(makeAlert("a", { acknowledged: true, ackUser: "ann" }), makeAlert("b"));
  store.wish(["a"], "unacknowledge");
  store.wish(["b"], "clear");
  store.grant(["a", "b"]);
  expect(store.alert("a")).toEqual(makeAlert("a"));
  expect(shownIds(store)).toEqual(["a"]);
  store.apply({ type: "alerts", total: 1, alerts: [makeAlert("b")] });
  expect(shownIds(store)).toEqual(["b"]);
});

test("tells only the readers of what changed", () => {
  const store = filled(makeAlert("a"), makeAlert("b"));
  const runs = { a: 0, b: 0, all: 0 };
  const end = createRoot((end) => {
    createEffect(() => {
      store.alert("a");
      runs.a += 1;
    });
    createEffect(() => {
      store.alert("b");
      runs.b += 1;
    });
    createEffect(() => {
      store.all();
      runs.all += 1;
    });
    return end;
  });
  store.apply({ type: "alerts", total: 2, alerts: [makeAlert("a"), makeAlert("b", { value: 91 })] });
  expect(runs).toEqual({ a: 1, b: 2, all: 2 });
  store.apply({ type: "alerts", total: 2, alerts: [makeAlert("a"), makeAlert("b", { value: 91 })] });
  expect(runs).toEqual({ a: 1, b: 2, all: 2 });
  end();
});
