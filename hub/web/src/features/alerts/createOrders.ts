import { createSignal } from "solid-js";
import { type AlertOrder, orderAlert, orderAlerts } from "../../api/alertCalls";
import { type Caller, RequestError, type RequestFailure } from "../../api/http";
import type { AlertStore } from "../../state/alertStore";
import { batchesOf } from "./batches";

/** `gone`: the alert was over before. */
export type OrderFailure = RequestFailure | "gone";

/** An order that was not carried out for some. */
export interface FailedOrder {
  readonly order: AlertOrder;
  readonly ids: readonly string[];
  readonly why: OrderFailure;
}

export interface Orders {
  /** Shows it done at once, and takes that back for those that the hub did not do it for. */
  give(order: AlertOrder, ids: readonly string[]): Promise<void>;
  /** How many the hub has answered. */
  readonly answered: () => number;
  readonly failed: () => FailedOrder | undefined;
  readonly dismiss: () => void;
}

function failureOf(error: unknown): OrderFailure {
  if (!(error instanceof RequestError)) return "refused";
  return error.status === 404 ? "gone" : error.kind;
}

export interface OrderOptions {
  readonly store: Pick<AlertStore, "wish" | "grant" | "drop">;
  readonly caller: Caller;
}

/** Gives the hub orders about alerts. */
export function createOrders(options: OrderOptions): Orders {
  const { store } = options;
  const [failed, setFailed] = createSignal<FailedOrder>();
  const [answered, setAnswered] = createSignal(0);

  function settle(
    order: AlertOrder,
    ids: readonly string[],
    failures: ReadonlySet<string>,
    why: OrderFailure,
  ) {
    store.grant(ids.filter((id) => !failures.has(id)));
    const undone = ids.filter((id) => failures.has(id));
    store.drop(undone);
    if (undone.length === 0) return;
    setFailed((before) => ({
      order,
      why,
      ids: before?.order === order ? [...before.ids, ...undone] : undone,
    }));
  }

  async function giveOne(order: AlertOrder, id: string): Promise<void> {
    try {
      await orderAlert(order, id, options.caller);
    } catch (error) {
      settle(order, [id], new Set([id]), failureOf(error));
      return;
    }
    settle(order, [id], new Set(), "refused");
  }

  async function giveMany(order: "acknowledge" | "clear", ids: readonly string[]): Promise<void> {
    let failures: ReadonlyMap<string, string>;
    try {
      failures = await orderAlerts(order, ids, options.caller);
    } catch (error) {
      settle(order, ids, new Set(ids), failureOf(error));
      return;
    }
    // The hub has one reason only not to do it for one of many.
    settle(order, ids, new Set(failures.keys()), "gone");
  }

  return {
    async give(order, ids) {
      setFailed(undefined);
      store.wish(ids, order);
      if (order === "unacknowledge" || ids.length === 1) for (const id of ids) await giveOne(order, id);
      else for (const batch of batchesOf(ids)) await giveMany(order, batch);
      setAnswered((count) => count + 1);
    },
    answered,
    failed,
    dismiss: () => setFailed(undefined),
  };
}
