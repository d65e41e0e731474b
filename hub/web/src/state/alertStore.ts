import { batch, createMemo, createSignal } from "solid-js";
import type { Alert, AlertLevel, AlertsFrame } from "../api/alertTypes";
import { makeTrackers } from "./trackers";

/** What somebody here wants of an alert, until the hub has answered. */
export type Wish = "acknowledge" | "unacknowledge" | "clear";

/** What goes on, as the hub last told it, with what this page has asked for and not been answered yet. */
export interface AlertStore {
  /** False until the hub has told for the first time. */
  ready(): boolean;
  /** How many more go on than the hub tells of one by one. */
  beyond(): number;
  /** Those that are shown, in no order; changes when something about any of them does. */
  all(): readonly Alert[];
  /** One that is shown; tells its readers only when it is another. */
  alert(id: string): Alert | undefined;
  /** Those of a resource, the worst first. */
  ofResource(resource: string): readonly Alert[];
  /** How many nobody takes care of, by level. */
  open(): Readonly<Record<AlertLevel, number>>;
  apply(frame: AlertsFrame): void;
  /** Shows alerts as if it were done already. */
  wish(ids: readonly string[], wish: Wish): void;
  /** Makes of wishes what is so. */
  grant(ids: readonly string[]): void;
  /** Takes wishes back. */
  drop(ids: readonly string[]): void;
}

function fulfil(alert: Alert, wish: Wish | undefined): Alert | undefined {
  if (wish === undefined) return alert;
  if (wish === "clear") return undefined;
  const { ackAt: _at, ackUser: _user, ...rest } = alert;
  return wish === "acknowledge" ? { ...alert, acknowledged: true } : { ...rest, acknowledged: false };
}

function isSame(left: Alert, right: Alert): boolean {
  const names = Object.keys(left) as (keyof Alert)[];
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name]);
}

/** The worst first, and of those the newest; equal ones stand by id, so that rows keep still. */
export function byWorst(left: Alert, right: Alert): number {
  return (
    Number(right.level === "critical") - Number(left.level === "critical") ||
    right.startedAt - left.startedAt ||
    (left.id < right.id ? -1 : 1)
  );
}

/** Reactive, hence to be made where there is an owner. */
export function createAlertStore(): AlertStore {
  const told = new Map<string, Alert>();
  const wishes = new Map<string, Wish>();
  const shown = new Map<string, Alert>();
  const trackers = makeTrackers();
  const [ready, setReady] = createSignal(false);
  const [beyond, setBeyond] = createSignal(0);
  const [all, setAll] = createSignal<readonly Alert[]>([]);

  function show(id: string): boolean {
    const alert = told.get(id);
    const next = alert && fulfil(alert, wishes.get(id));
    const before = shown.get(id);
    if (next === before || (next && before && isSame(next, before))) return false;
    if (next) shown.set(id, next);
    else shown.delete(id);
    trackers.notify(id);
    return true;
  }

  function showAll(ids: Iterable<string>): void {
    batch(() => {
      const moved = [...ids].map(show);
      if (moved.includes(true)) setAll([...shown.values()]);
    });
  }

  const byResource = createMemo(() => {
    const groups = new Map<string, Alert[]>();
    for (const alert of all()) {
      if (alert.resource === "") continue;
      const group = groups.get(alert.resource);
      if (group) group.push(alert);
      else groups.set(alert.resource, [alert]);
    }
    for (const group of groups.values()) group.sort(byWorst);
    return groups;
  });
  const open = createMemo(() => {
    const counts = { critical: 0, warning: 0 };
    for (const alert of all()) if (!alert.acknowledged) counts[alert.level] += 1;
    return counts;
  });
  const none: readonly Alert[] = [];

  return {
    ready,
    beyond,
    all,
    alert(id) {
      trackers.track(id);
      return shown.get(id);
    },
    ofResource: (resource) => byResource().get(resource) ?? none,
    open,
    apply(frame) {
      const before = [...told.keys()];
      told.clear();
      for (const alert of frame.alerts) told.set(alert.id, alert);
      batch(() => {
        showAll(new Set([...before, ...told.keys()]));
        setBeyond(frame.total - frame.alerts.length);
        setReady(true);
      });
    },
    wish(ids, wish) {
      for (const id of ids) wishes.set(id, wish);
      showAll(ids);
    },
    grant(ids) {
      for (const id of ids) {
        const alert = told.get(id);
        const next = alert && fulfil(alert, wishes.get(id));
        if (next) told.set(id, next);
        else told.delete(id);
        wishes.delete(id);
      }
      showAll(ids);
    },
    drop(ids) {
      for (const id of ids) wishes.delete(id);
      showAll(ids);
    },
  };
}
