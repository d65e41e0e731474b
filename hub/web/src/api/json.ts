import type { Json, JsonObject } from "./types";

/** Readers for JSON of unknown shape: each answers undefined when the value is not what was asked for. */

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function asList(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

export function asText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function asNumber(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

export function asTexts(value: unknown): readonly string[] {
  return asList(value).filter((item) => typeof item === "string");
}

/** A moment in Unix milliseconds from RFC 3339; the zero time of the hub is none. */
export function asMoment(value: unknown): number | undefined {
  const text = asText(value);
  const moment = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isFinite(moment) && moment > 0 ? moment : undefined;
}
