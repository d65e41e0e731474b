import type { Resource, Source } from "../../api/types";

export type AttentionKind = "sourceFailed" | "sourceDegraded" | "offline" | "alert" | "degraded" | "stale";

/** One line of what needs attention. */
export interface Attention {
  readonly key: string;
  readonly kind: AttentionKind;
  readonly severity: "bad" | "warn";
  readonly name: string;
  /** The resource's type, or that of the source. */
  readonly type: string;
  readonly message?: string;
  readonly lastSeen?: number;
  /** Absent for sources, which have no details of their own. */
  readonly resource?: Resource;
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

function ofResource(resource: Resource): readonly Attention[] {
  const common = {
    name: resource.displayName || resource.name,
    type: resource.type,
    resource,
    ...(resource.lastSeen === undefined ? {} : { lastSeen: resource.lastSeen }),
  };
  const alerts = resource.alerts.map(
    (alert, index): Attention => ({
      ...common,
      key: `alert ${resource.id} ${alert.id || index}`,
      kind: "alert",
      severity: alert.level === "critical" ? "bad" : "warn",
      message: alert.message,
    }),
  );
  const kind = stateOf(resource);
  if (!kind) return alerts;
  return [
    { ...common, key: `state ${resource.id}`, kind, severity: kind === "offline" ? "bad" : "warn" },
    ...alerts,
  ];
}

/** What needs attention, the worst first. */
export function findAttention(
  resources: readonly Resource[],
  sources: readonly Source[],
): readonly Attention[] {
  const lines = [
    ...sources.map(ofSource).filter((line) => line !== undefined),
    ...resources.flatMap(ofResource),
  ];
  return lines.sort(
    (left, right) =>
      Number(left.severity === "warn") - Number(right.severity === "warn") ||
      order.indexOf(left.kind) - order.indexOf(right.kind) ||
      rankOf(left) - rankOf(right) ||
      left.name.localeCompare(right.name, undefined, { numeric: true }),
  );
}
