import {
  type HistoryMetric,
  historyMetrics,
  type Measurement,
  type Resource,
  type Unit,
} from "../../api/types";
import type { ChartScale } from "../../ui/Chart";

/** One line of a chart. */
export interface Series {
  /** Its name in the hub's history; what has none there is drawn from what arrives while one looks. */
  readonly metric?: string;
  readonly read: (resource: Resource) => number | undefined;
}

export const usualSeries: Readonly<Record<HistoryMetric, Series>> = {
  cpu: { metric: "cpu", read: (resource) => resource.cpu?.current },
  memory: { metric: "memory", read: (resource) => resource.memory?.current },
  disk: { metric: "disk", read: (resource) => resource.disk?.current },
  netin: { metric: "netin", read: (resource) => resource.rates?.netIn },
  netout: { metric: "netout", read: (resource) => resource.rates?.netOut },
  diskread: { metric: "diskread", read: (resource) => resource.rates?.diskRead },
  diskwrite: { metric: "diskwrite", read: (resource) => resource.rates?.diskWrite },
};

export function measurementOf(resource: Resource, key: string): Measurement | undefined {
  return resource.measurements.find((measurement) => measurement.key === key);
}

/** Names in the hub's history that mean the same of every resource. */
const documented: ReadonlySet<string> = new Set([
  ...historyMetrics,
  "temperature",
  "up",
  "memoryused",
  "diskused",
  "disktotal",
]);

/** What a source's own measurement is drawn from. One that is called like something documented has no history. */
export function ownSeries(key: string): Series {
  const read = (resource: Resource) => measurementOf(resource, key)?.value;
  return documented.has(key) ? { read } : { metric: key, read };
}

export function scaleOf(unit: Unit): ChartScale {
  return unit === "bytes" || unit === "bytes_per_second" ? "binary" : "plain";
}
