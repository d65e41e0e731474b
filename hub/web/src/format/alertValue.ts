import { none } from "./numbers";

/** What the value of an alert counts, by the alert's type. Of types that are not here it is a plain number. */
const units: Readonly<Record<string, "percent" | "megabytes" | "celsius" | "minutes" | "days">> = {
  cpu: "percent",
  memory: "percent",
  disk: "percent",
  usage: "percent",
  "disk-wearout": "percent",
  "docker-container-memory-limit": "percent",
  "docker-service-health": "percent",
  diskRead: "megabytes",
  diskWrite: "megabytes",
  networkIn: "megabytes",
  networkOut: "megabytes",
  temperature: "celsius",
  diskTemperature: "celsius",
  "message-age": "minutes",
  "snapshot-age": "days",
  "backup-age": "days",
  "certificate-expiry": "days",
};

const suffixes = {
  percent: "%",
  // The hub counts 1024², which the page calls by its binary name everywhere.
  megabytes: " MiB/s",
  celsius: " °C",
  minutes: " min",
  days: " d",
} as const;

/** Large numbers need no places behind the point. */
const wholeFrom = 100;

/** True of an alert that is measured: states have neither value nor threshold. */
export function isMeasured(alert: { readonly value: number; readonly threshold: number }): boolean {
  return alert.value !== 0 || alert.threshold !== 0;
}

/** A value of an alert of some type with its unit: `92.2%`, `503 min`. */
export function formatAlertValue(value: number | undefined, type: string, locale: string): string {
  if (value === undefined) return none;
  const places = Math.abs(value) >= wholeFrom || Number.isInteger(value) ? 0 : 1;
  const unit = units[type];
  return `${value.toLocaleString(locale, { maximumFractionDigits: places })}${unit ? suffixes[unit] : ""}`;
}

/** True of percentages that are drawn from 0 to 100. */
export function isPercent(type: string): boolean {
  return units[type] === "percent";
}
