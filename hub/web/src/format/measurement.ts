import type { Unit } from "../api/types";
import { formatBytes, formatCelsius, formatPercent, formatRate, none } from "./numbers";
import { formatDuration } from "./times";

const minute = 60;
/** Above this many watts they are written as kilowatts. */
const manyWatts = 10_000;

/** About three significant places, and every digit of a whole number. */
function formatPlain(value: number, locale: string): string {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value))
    return value.toLocaleString(locale, { maximumFractionDigits: 0 });
  return value.toLocaleString(locale, { maximumSignificantDigits: 3 });
}

/** A length of time, of which tenths of milliseconds may matter: `0.42 ms`, `12 ms`, `3.25 s`, `4h 12m`. */
function formatSeconds(seconds: number, locale: string): string {
  if (Math.abs(seconds) < 1) return `${formatPlain(seconds * 1000, locale)} ms`;
  return seconds >= minute ? formatDuration(seconds) : `${formatPlain(seconds, locale)} s`;
}

/** A measured value with its unit, as the plugin protocol names it. */
export function formatMeasurement(value: number | undefined, unit: Unit, locale: string): string {
  if (value === undefined) return none;
  switch (unit) {
    case "none":
      return formatPlain(value, locale);
    case "bytes":
      return formatBytes(value, locale);
    case "ratio":
      return formatPercent(value * 100, locale);
    case "seconds":
      return formatSeconds(value, locale);
    case "celsius":
      return formatCelsius(value, locale);
    case "bytes_per_second":
      return formatRate(value, locale);
    case "watts":
      return Math.abs(value) >= manyWatts
        ? `${formatPlain(value / 1000, locale)} kW`
        : `${formatPlain(value, locale)} W`;
    case "rpm":
      return `${formatPlain(value, locale)} rpm`;
  }
}
