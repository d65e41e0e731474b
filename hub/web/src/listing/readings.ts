import type { Measurement, Resource, Unit } from "../api/types";
import { measuredPercent } from "./readers";

/** A number of now with what it is of. */
export interface Reading {
  readonly key: string;
  /** One of the usual readings, which the viewer's language has a word for, or a measurement of the source's own. */
  readonly of: "cpu" | "memory" | "disk" | Measurement;
  readonly unit: Unit;
  readonly value: number;
}

/** What a source calls a measurement, with the labels that tell it from others of the name. */
export function measurementTitle(measurement: Measurement): string {
  const name = measurement.name.replaceAll("_", " ");
  const labels = Object.values(measurement.labels).filter((label) => label !== "");
  return labels.length === 0 ? name : `${name} (${labels.join(", ")})`;
}

/** All numbers of a resource: those of its source's own first, in the order of the source. */
export function readingsOf(resource: Resource): readonly Reading[] {
  const own = resource.measurements.map((measurement) => ({
    key: `own ${measurement.key}`,
    of: measurement,
    unit: measurement.unit,
    value: measurement.value,
  }));
  const usual = (["cpu", "memory", "disk"] as const).flatMap((key): readonly Reading[] => {
    const percent = measuredPercent(resource, key);
    return percent === undefined ? [] : [{ key, of: key, unit: "ratio", value: percent / 100 }];
  });
  return [...own, ...usual];
}
