import type { Alert } from "../../api/alertTypes";
import type { Resource, Source } from "../../api/types";

export type AttentionKind = "sourceFailed" | "sourceDegraded" | "offline" | "alert" | "degraded" | "stale";

/** One line of what needs attention. */
export interface Attention {
  readonly key: string;
  readonly kind: AttentionKind;
  readonly severity: "bad" | "warn";
  readonly name: string;
  /** The resource's type, or that of the source; empty for an alert of neither. */
  readonly type: string;
  readonly message?: string;
  readonly lastSeen?: number;
  /** Absent for sources, which have no details of their own, and for alerts about neither. */
  readonly resource?: Resource;
  readonly alert?: Alert;
}

const order: readonly AttentionKind[] = [
  "sourceFailed",
  "offline",
  "alert",
  "degraded",
  "stale",
  "sourceDegraded",
];

/** Machines before what they store, and that before what runs on them. */
const ranks: Readonly<Record<string, number>> = {
  host: 0,
  node: 0,
  pbs: 0,
  pmg: 0,
  "docker-host": 0,
  "k8s-cluster": 0,
  "k8s-node": 0,
  storage: 1,
  datastore: 1,
};
const lastRank = 2;

function rankOf(line: Attention): number {
  return ranks[line.type] ?? lastRank;
}

function ofSource(source: Source): Attention | undefined {
  if (source.health !== "failed" && source.health !== "degraded") return undefined;
  const failed = source.health === "failed";
  return {
    key: `source ${source.id}`,
    kind: failed ? "sourceFailed" : "sourceDegraded",
    severity: failed ? "bad" : "warn",
    name: source.name,
    type: source.type,
    ...(source.message === undefined ? {} : { message: source.message }),
    ...(source.lastSeen === undefined ? {} : { lastSeen: source.lastSeen }),
  };
}

function stateOf(resource: Resource): AttentionKind | undefined {
  if (resource.status === "offline") return "offline";
  if (resource.status === "degraded") return "degraded";
  return resource.stale ? "stale" : undefined;
}

/** Alerts that say what the state of a resource says, and more. */
const aboutState: ReadonlySet<string> = new Set([
  "connectivity",
  "offline",
  "powered-off",
  "host-offline",
  "docker-host-offline",
  "docker-container-state",
  "docker-container-health",
  "docker-service-health",
  "kubernetes-offline",
  "kubernetes-node",
  "kubernetes-crash-loop",
  "kubernetes-pending",
  "kubernetes-workload",
  "zfs-pool-state",
  "pool-state",
]);

function ofResource(resource: Resource): Attention | undefined {
  const kind = stateOf(resource);
  if (!kind) return undefined;
  return {
    key: `state ${resource.id}`,
    kind,
    severity: kind === "offline" ? "bad" : "warn",
    name: resource.displayName || resource.name,
    type: resource.type,
    resource,
    ...(resource.lastSeen === undefined ? {} : { lastSeen: resource.lastSeen }),
  };
}

function ofAlert(alert: Alert, resource: Resource | undefined): Attention {
  return {
    key: `alert ${alert.id}`,
    kind: "alert",
    severity: alert.level === "critical" ? "bad" : "warn",
    name: alert.resourceName || alert.instance,
    type: resource?.type ?? "",
    message: alert.message,
    alert,
    ...(resource ? { resource } : {}),
  };
}

/** What needs attention, the worst first. Of an alert that somebody takes care of, what it is about may still need it. */
export function findAttention(
  resources: readonly Resource[],
  sources: readonly Source[],
  alerts: readonly Alert[],
): readonly Attention[] {
  const byId = new Map(resources.map((resource) => [resource.id, resource]));
  const open = alerts.filter((alert) => !alert.acknowledged);
  const told = new Set(open.filter((alert) => aboutState.has(alert.type)).map((alert) => alert.resource));
  const lines = [
    ...sources.map(ofSource),
    ...resources.filter((resource) => !told.has(resource.id)).map(ofResource),
    ...open.map((alert) => ofAlert(alert, byId.get(alert.resource))),
  ].filter((line) => line !== undefined);
  return lines.sort(
    (left, right) =>
      Number(left.severity === "warn") - Number(right.severity === "warn") ||
      order.indexOf(left.kind) - order.indexOf(right.kind) ||
      rankOf(left) - rankOf(right) ||
      left.name.localeCompare(right.name, undefined, { numeric: true }),
  );
}
