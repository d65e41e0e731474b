import { createRoot } from "solid-js";
import { afterEach, expect, test, vi } from "vitest";
import { createAlertStore } from "../../state/alertStore";
import { makeAlert } from "../../testAlert";
import { createOrders } from "./createOrders";

interface Sent {
  readonly path: string;
  readonly body: unknown;
}

let dispose: () => void = () => undefined;
afterEach(() => {
  dispose();
  vi.unstubAllGlobals();
});

/** Three alerts, and a hub that answers as told. */
function start(answer: (sent: Sent) => Response | Promise<Response>) {
  const sent: Sent[] = [];
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    const call = { path, body: JSON.parse(String(init.body)) };
    sent.push(call);
    return Promise.resolve(answer(call));
  });
  return createRoot((end) => {
    dispose = end;
    const store = createAlertStore();
    store.apply({ type: "alerts", total: 3, alerts: ["a", "b", "c"].map((id) => makeAlert(id)) });
    return { sent, store, orders: createOrders({ store, caller: { token: "t" } }) };
  });
}

const done = () => Response.json({ success: true });

test("shows one acknowledged before the hub has answered", async () => {
  let reply: (response: Response) => void = () => undefined;
  const { sent, store, orders } = start(() => new Promise((resolve) => (reply = resolve)));
  const given = orders.give("acknowledge", ["a"]);
  expect(store.alert("a")?.acknowledged).toBe(true);
  expect(sent).toEqual([{ path: "/api/alerts/acknowledge", body: { id: "a" } }]);
  reply(done());
  await given;
  expect(store.alert("a")?.acknowledged).toBe(true);
  expect(orders.failed()).toBeUndefined();
});

test.each([
  { name: "forbids it", answer: () => new Response("{}", { status: 403 }), why: "forbidden" },
  { name: "knows it no more", answer: () => new Response("{}", { status: 404 }), why: "gone" },
  { name: "fails", answer: () => new Response("{}", { status: 500 }), why: "refused" },
  { name: "does not answer", answer: () => Promise.reject(new TypeError("offline")), why: "unreachable" },
])("takes it back and says why when the hub $name", async ({ answer, why }) => {
  const { store, orders } = start(answer);
  await orders.give("clear", ["a"]);
  expect(store.alert("a")).toEqual(makeAlert("a"));
  expect(orders.failed()).toEqual({ order: "clear", ids: ["a"], why });
  orders.dismiss();
  expect(orders.failed()).toBeUndefined();
});

test("acknowledges several in one order, and takes back those that were over", async () => {
  const results = [
    { alertId: "a", success: true },
    { alertId: "b", success: false, error: "alert not found: b" },
  ];
  const { sent, store, orders } = start(() => Response.json({ results }));
  await orders.give("acknowledge", ["a", "b"]);
  expect(sent).toEqual([{ path: "/api/alerts/bulk/acknowledge", body: { alertIds: ["a", "b"] } }]);
  expect([store.alert("a")?.acknowledged, store.alert("b")?.acknowledged]).toEqual([true, false]);
  expect(orders.failed()).toEqual({ order: "acknowledge", ids: ["b"], why: "gone" });
});

test("takes several back one by one, for which the hub has no other order", async () => {
  const { sent, orders } = start(done);
  await orders.give("unacknowledge", ["a", "b"]);
  expect(sent.map((call) => call.path)).toEqual(["/api/alerts/unacknowledge", "/api/alerts/unacknowledge"]);
});
