import { decodeAlertsFrame } from "./decodeAlerts";
import { asList, asNumber, asObject, asText, asTexts, isObject } from "./json";
import type {
  Condition,
  Forecast,
  Frame,
  History,
  HistoryPoint,
  Identity,
  JsonObject,
  Measurement,
  Metric,
  Rates,
  Resource,
  ResourceStatus,
  Source,
  SourceHealth,
} from "./types";
import { confidences, forecastReasons, units } from "./types";

const statuses: ReadonlySet<string> = new Set<ResourceStatus>([
  "online",
  "offline",
  "running",
  "stopped",
  "degraded",
  "paused",
  "unknown",
]);
const healths: ReadonlySet<string> = new Set<SourceHealth>(["ok", "degraded", "failed", "starting"]);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function put<T, K extends keyof T>(target: T, key: K, value: T[K] | undefined): void {
  if (value !== undefined) target[key] = value;
}

function decodeMetric(value: unknown): Metric | undefined {
  if (!isObject(value)) return undefined;
  const current = asNumber(value.current);
  // The hub sends -1 for a percentage that nobody could measure.
  if (current === undefined || current < 0) return undefined;
  const metric: Mutable<Metric> = { current };
  put(metric, "total", asNumber(value.total));
  put(metric, "used", asNumber(value.used));
  put(metric, "free", asNumber(value.free));
  return metric;
}

function decodeRates(value: unknown): Rates | undefined {
  if (!isObject(value)) return undefined;
  const rates: Mutable<Rates> = {};
  put(rates, "netIn", asNumber(value.netIn));
  put(rates, "netOut", asNumber(value.netOut));
  put(rates, "diskRead", asNumber(value.diskRead));
  put(rates, "diskWrite", asNumber(value.diskWrite));
  return rates;
}

function decodeIdentity(value: unknown): Identity | undefined {
  if (!isObject(value)) return undefined;
  const identity: Mutable<Identity> = { ips: asTexts(value.ips) };
  put(identity, "hostname", asText(value.hostname));
  return identity;
}

function decodeLabels(value: unknown): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [key, item] of Object.entries(asObject(value))) {
    if (typeof item === "string") labels[key] = item;
  }
  return labels;
}

function decodeMeasurements(value: unknown): readonly Measurement[] {
  return Object.entries(asObject(value)).flatMap(([key, item]): readonly Measurement[] => {
    const raw = asObject(item);
    const number = asNumber(raw.value);
    if (number === undefined) return [];
    return [
      {
        key,
        name: asText(raw.name) ?? key,
        labels: decodeLabels(raw.labels),
        unit: units.find((unit) => unit === raw.unit) ?? "none",
        counter: raw.counter === true,
        value: number,
      },
    ];
  });
}

function decodeStatus(value: unknown): ResourceStatus {
  return typeof value === "string" && statuses.has(value) ? (value as ResourceStatus) : "unknown";
}

/** Reads one resource, dropping every field of a wrong type; undefined when it has no id or type. */
export function decodeResource(raw: JsonObject): Resource | undefined {
  const id = asText(raw.id);
  const type = asText(raw.type);
  if (id === undefined || type === undefined) return undefined;
  const name = asText(raw.name) ?? id;
  const resource: Mutable<Resource> = {
    id,
    type,
    name,
    displayName: asText(raw.displayName) ?? name,
    platformId: asText(raw.platformId) ?? "",
    platformType: asText(raw.platformType) ?? "",
    status: decodeStatus(raw.status),
    tags: asTexts(raw.tags),
    labels: decodeLabels(raw.labels),
    stale: raw.stale === true,
    source: asText(raw.source) ?? "",
    measurements: decodeMeasurements(raw.metrics),
    platformData: asObject(raw.platformData),
  };
  put(resource, "parentId", asText(raw.parentId));
  put(resource, "statusReason", asText(raw.statusReason));
  put(resource, "clusterId", asText(raw.clusterId));
  put(resource, "cpu", decodeMetric(raw.cpu));
  put(resource, "memory", decodeMetric(raw.memory));
  put(resource, "disk", decodeMetric(raw.disk));
  put(resource, "rates", decodeRates(raw.rates));
  put(resource, "temperature", asNumber(raw.temperature));
  put(resource, "uptime", asNumber(raw.uptime));
  put(resource, "identity", decodeIdentity(raw.identity));
  const lastSeen = asNumber(raw.lastSeen);
  // The zero time of the hub arrives as a large negative number.
  if (lastSeen !== undefined && lastSeen > 0) resource.lastSeen = lastSeen;
  return resource;
}

export function decodeSource(value: unknown): Source | undefined {
  const raw = asObject(value);
  const id = asText(raw.id);
  if (id === undefined) return undefined;
  const health = typeof raw.health === "string" && healths.has(raw.health) ? raw.health : "degraded";
  const source: Mutable<Source> = {
    id,
    name: asText(raw.name) ?? id,
    type: asText(raw.type) ?? "",
    health: health as SourceHealth,
  };
  put(source, "message", asText(raw.message));
  put(source, "plugin", asText(raw.plugin));
  const lastSeen = asNumber(raw.lastSeen);
  if (lastSeen !== undefined && lastSeen > 0) source.lastSeen = lastSeen;
  return source;
}

function decodeSources(value: unknown): readonly Source[] {
  return asList(value)
    .map(decodeSource)
    .filter((source) => source !== undefined);
}

function decodeCondition(raw: JsonObject): Condition {
  return {
    code: asText(raw.code) ?? "",
    severity: raw.severity === "critical" ? "critical" : "warning",
    message: asText(raw.message) ?? "",
    since: asNumber(raw.since) ?? 0,
  };
}

function decodeData(raw: JsonObject): Frame | undefined {
  const data = asObject(raw.data);
  switch (raw.type) {
    case "hello":
      return {
        type: "hello",
        protocol: asText(data.protocol) ?? "",
        version: asText(data.version) ?? "",
        intervalMs: asNumber(data.intervalMs) ?? 1000,
        pluginDevelopment: data.pluginDevelopment === true,
      };
    case "conditions":
      return {
        type: "conditions",
        conditions: asList(data.conditions).filter(isObject).map(decodeCondition),
      };
    case "alerts":
      return decodeAlertsFrame(data);
    case "snapshot":
      return {
        type: "snapshot",
        rev: asNumber(raw.rev) ?? 0,
        part: asNumber(raw.part) ?? 1,
        parts: asNumber(raw.parts) ?? 1,
        resources: asList(data.resources).filter(isObject),
        sources: decodeSources(data.sources),
      };
    case "delta":
      return {
        type: "delta",
        prev: asNumber(raw.prev) ?? -1,
        rev: asNumber(raw.rev) ?? -1,
        set: asList(data.set).filter(isObject),
        patch: asList(data.patch).filter(isObject),
        gone: asTexts(data.gone),
        sources: decodeSources(data.sources),
        goneSources: asTexts(data.goneSources),
      };
    case "ping":
      return { type: "ping" };
    default:
      return undefined;
  }
}

/** Reads one text frame; undefined when it is not JSON or of a type this page does not know. */
export function decodeFrame(text: string): Frame | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isObject(raw) ? decodeData(raw) : undefined;
}

function decodePoints(value: unknown): readonly HistoryPoint[] {
  const points: HistoryPoint[] = [];
  for (const item of asList(value)) {
    const raw = asObject(item);
    const timestamp = asNumber(raw.timestamp);
    const number = asNumber(raw.value);
    if (timestamp === undefined || number === undefined) continue;
    points.push({
      timestamp,
      value: number,
      min: asNumber(raw.min) ?? number,
      max: asNumber(raw.max) ?? number,
    });
  }
  return points;
}

export function decodeHistory(value: unknown): History {
  const metrics = Object.entries(asObject(asObject(value).metrics));
  return Object.fromEntries(metrics.map(([name, points]) => [name, decodePoints(points)]));
}

/** The first forecast of an answer, which is of what is full first; undefined when there is none that can be understood. */
export function decodeForecast(value: unknown): Forecast | undefined {
  const raw = asObject(asList(asObject(value).forecasts)[0]);
  const reason = forecastReasons.find((item) => item === raw.reason);
  if (!reason) return undefined;
  const days = asNumber(raw.daysUntilFull);
  const mount = asText(raw.mount);
  return {
    reason,
    confidence: confidences.find((item) => item === raw.confidence) ?? "low",
    bytesPerDay: asNumber(raw.bytesPerDay) ?? 0,
    hours: asNumber(asObject(raw.basedOn).points) ?? 0,
    ...(days === undefined ? {} : { daysUntilFull: days }),
    ...(mount === undefined ? {} : { mount }),
  };
}
