import type { Metric, Resource } from "../../api/types";

/** The sum of a platform's resources. */
export interface Totals {
  readonly count: number;
  readonly up: number;
  /** Percent, the mean of those that measure it and are up. */
  readonly cpu?: number;
  /** Bytes used and there, with their share in percent. */
  readonly memory?: Share;
  readonly disk?: Share;
  /** Bytes per second. */
  readonly netIn: number;
  readonly netOut: number;
}

export interface Share {
  readonly used: number;
  readonly total: number;
  readonly percent: number;
}

function share(metrics: readonly (Metric | undefined)[]): Share | undefined {
  let used = 0;
  let total = 0;
  for (const metric of metrics) {
    used += metric?.used ?? 0;
    total += metric?.used === undefined ? 0 : (metric.total ?? 0);
  }
  return total > 0 ? { used, total, percent: (used / total) * 100 } : undefined;
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function isUp(resource: Resource): boolean {
  return resource.status === "online" || resource.status === "running" || resource.status === "degraded";
}

export interface StateCount {
  readonly state: Resource["status"] | "stale";
  readonly count: number;
}

const stateOrder: readonly StateCount["state"][] = [
  "offline",
  "degraded",
  "stale",
  "paused",
  "stopped",
  "unknown",
  "running",
  "online",
];

/** How many resources are in which state, trouble first, without the states that none is in. */
export function countStates(resources: readonly Resource[]): readonly StateCount[] {
  const stateOf = ({ stale, status }: Resource) => (stale && status !== "offline" ? "stale" : status);
  return stateOrder.flatMap((state) => {
    const count = resources.filter((resource) => stateOf(resource) === state).length;
    return count === 0 ? [] : [{ state, count }];
  });
}

/** Adds up resources; those that are down or stale count, but their old numbers do not. */
export function addUp(resources: readonly Resource[]): Totals {
  const up = resources.filter(isUp);
  const fresh = up.filter((resource) => !resource.stale);
  const cpu = mean(fresh.flatMap((resource) => (resource.cpu ? [resource.cpu.current] : [])));
  const memory = share(fresh.map((resource) => resource.memory));
  const disk = share(fresh.map((resource) => resource.disk));
  return {
    count: resources.length,
    up: up.length,
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory ? { memory } : {}),
    ...(disk ? { disk } : {}),
    netIn: fresh.reduce((sum, resource) => sum + (resource.rates?.netIn ?? 0), 0),
    netOut: fresh.reduce((sum, resource) => sum + (resource.rates?.netOut ?? 0), 0),
  };
}

/** The few fresh resources with the highest reading. */
export function busiest(
  resources: readonly Resource[],
  metric: "cpu" | "memory" | "disk",
  count: number,
): readonly Resource[] {
  return resources
    .filter((resource) => isUp(resource) && !resource.stale && resource[metric])
    .sort((left, right) => (right[metric]?.current ?? 0) - (left[metric]?.current ?? 0))
    .slice(0, count);
}
