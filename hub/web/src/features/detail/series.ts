import type { HistoryMetric, Measurement, Resource, Unit } from "../../api/types";
import type { ChartScale } from "../../ui/Chart";

/** One line of a chart. */
export interface Series {
  /** Its name in the hub's history; what has none there is drawn from what arrives while one looks. */
  readonly metric?: HistoryMetric;
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

/** What a source's own measurement is drawn from. */
export function ownSeries(key: string): Series {
  return { read: (resource) => measurementOf(resource, key)?.value };
}

export function scaleOf(unit: Unit): ChartScale {
  return unit === "bytes" || unit === "bytes_per_second" ? "binary" : "plain";
}
