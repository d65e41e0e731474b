import type { Alert, AlertLevel } from "../../api/alertTypes";
import type { Sort } from "../../listing/order";
import { byWorst } from "../../state/alertStore";
import type { TableRow } from "../../ui/tableModel";

export interface AlertFilter {
  readonly level?: AlertLevel | undefined;
  readonly type?: string | undefined;
  /** Words that must all be somewhere in the alert, whatever their case. */
  readonly text: string;
}

export function matchesFilter(alert: Alert, filter: AlertFilter, typeName: string): boolean {
  if (filter.level && alert.level !== filter.level) return false;
  if (filter.type && alert.type !== filter.type) return false;
  const haystack = [alert.resourceName, alert.message, alert.node, alert.instance, alert.type, typeName]
    .join("\n")
    .toLocaleLowerCase();
  return filter.text
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word));
}

export const sortKeys = ["level", "resource", "since", "node"] as const;

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function compareBy(key: string, left: Alert, right: Alert): number {
  switch (key) {
    case "resource":
      return collator.compare(left.resourceName, right.resourceName);
    case "node":
      return collator.compare(left.node, right.node);
    case "since":
      return right.startedAt - left.startedAt;
    default:
      return byWorst(left, right);
  }
}

export type AlertGroup = "open" | "acknowledged";

/** Rows in order, those that somebody takes care of set apart below the others. */
export function alertRows(alerts: readonly Alert[], sort: Sort): readonly TableRow[] {
  const sign = sort.descending ? -1 : 1;
  const sorted = alerts.toSorted(
    (left, right) => sign * compareBy(sort.key, left, right) || byWorst(left, right),
  );
  const items = (acknowledged: boolean) =>
    sorted
      .filter((alert) => alert.acknowledged === acknowledged)
      .map((alert): TableRow => ({ kind: "item", id: alert.id }));
  const [open, acknowledged] = [items(false), items(true)];
  const under = (id: AlertGroup, rows: readonly TableRow[]): readonly TableRow[] =>
    rows.length === 0 ? [] : [{ kind: "group", id }, ...rows];
  return acknowledged.length === 0 ? open : [...under("open", open), ...under("acknowledged", acknowledged)];
}
