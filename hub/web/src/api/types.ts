/**
 * The shapes the page works with. Those of requests derive from the hub's API
 * description (`npm run types` writes schema.gen.ts); only the frames of the
 * live protocol, which it does not describe, are written here.
 *
 * Units on the wire: percent 0–100 for `Metric.current`, bytes for sizes,
 * bytes per second for rates, Unix milliseconds for times, seconds for uptime.
 */
import type { AlertsFrame } from "./alertTypes";
import type { paths } from "./schema.gen";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json | undefined };

/** Paths that can be read. */
type Readable = { [P in keyof paths]: paths[P] extends { readonly get: object } ? P : never }[keyof paths];

/** What the hub answers to a successful GET. */
type Answer<P extends Readable> = paths[P] extends {
  readonly get: {
    readonly responses: { readonly 200: { readonly content: { readonly "application/json": infer T } } };
  };
}
  ? T
  : never;

/** Decoding leaves out what the hub sends as null. */
type Decoded<T> = { readonly [K in keyof T]: NonNullable<T[K]> };

type ResourceAnswer = Answer<"/api/resources/{id}">;

export type ResourceStatus = "online" | "offline" | "running" | "stopped" | "degraded" | "paused" | "unknown";

export type Metric = Decoded<NonNullable<ResourceAnswer["cpu"]>>;
export type Rates = Partial<Decoded<NonNullable<ResourceAnswer["rates"]>>>;

/** The units of the plugin protocol: a ratio is 0–1, the others are what they say. */
export const units = [
  "none",
  "bytes",
  "ratio",
  "seconds",
  "celsius",
  "bytes_per_second",
  "watts",
  "rpm",
] as const;
export type Unit = (typeof units)[number];

/** A value that a source measures of a resource beyond what every resource has. */
export interface Measurement {
  /** Tells it apart from the others of its resource. */
  readonly key: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly unit: Unit;
  /** It only grows until it starts again at zero. */
  readonly counter: boolean;
  readonly value: number;
}

export interface Identity extends Pick<Decoded<NonNullable<ResourceAnswer["identity"]>>, "hostname"> {
  readonly ips: readonly string[];
}

/** A resource as decoded: lists are never absent, and the live protocol's `lastSeen` is a number. */
export interface Resource
  extends Decoded<
    Pick<
      ResourceAnswer,
      | "id"
      | "type"
      | "name"
      | "displayName"
      | "platformId"
      | "platformType"
      | "parentId"
      | "clusterId"
      /** Degrees Celsius. */
      | "temperature"
      /** Seconds. */
      | "uptime"
    >
  > {
  readonly status: ResourceStatus;
  /** Why it is degraded or offline, in the words of its source. */
  readonly statusReason?: string;
  readonly cpu?: Metric;
  readonly memory?: Metric;
  readonly disk?: Metric;
  readonly rates?: Rates;
  readonly tags: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Unix milliseconds; absent when the hub does not know. */
  readonly lastSeen?: number;
  readonly identity?: Identity;
  /** The id of its source; empty when the hub does not say. */
  readonly source: string;
  /** In the order the source has them. */
  readonly measurements: readonly Measurement[];
  /** True when the hub has not seen the resource lately: its numbers are old. */
  readonly stale: boolean;
  readonly platformData: JsonObject;
}

export type SourceHealth = "ok" | "degraded" | "failed" | "starting";

export interface Source {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly health: SourceHealth;
  readonly message?: string;
  readonly lastSeen?: number;
  readonly plugin?: string;
}

export interface Hello {
  readonly type: "hello";
  readonly protocol: string;
  readonly version: string;
  readonly time?: number;
  readonly intervalMs: number;
  /** The hub runs plugins of developers unchecked. */
  readonly pluginDevelopment: boolean;
}

/** One thing that is wrong with the hub itself. */
export interface Condition {
  readonly code: string;
  readonly severity: "warning" | "critical";
  readonly message: string;
  /** In Unix milliseconds. */
  readonly since: number;
}

/** Everything that is wrong with the hub itself from now on. */
export interface Conditions {
  readonly type: "conditions";
  readonly conditions: readonly Condition[];
}

export interface SnapshotPart {
  readonly type: "snapshot";
  readonly rev: number;
  readonly part: number;
  readonly parts: number;
  readonly resources: readonly JsonObject[];
  readonly sources: readonly Source[];
}

export interface Delta {
  readonly type: "delta";
  readonly prev: number;
  readonly rev: number;
  readonly set: readonly JsonObject[];
  readonly patch: readonly JsonObject[];
  readonly gone: readonly string[];
  /** New and changed sources. */
  readonly sources: readonly Source[];
  /** Ids of sources that are no more. */
  readonly goneSources: readonly string[];
}

export type Frame = Hello | Conditions | AlertsFrame | SnapshotPart | Delta | { readonly type: "ping" };

type HistoryAnswer = Answer<"/api/metrics-store/history">;

export type HistoryRange = "1h" | "24h" | "7d";
export const historyMetrics = ["cpu", "memory", "disk", "netin", "netout", "diskread", "diskwrite"] as const;
export type HistoryMetric = (typeof historyMetrics)[number];

/** The average of a step, and between what it lay. */
export type HistoryPoint = Decoded<NonNullable<HistoryAnswer["metrics"]>[string][number]>;

/** By metric: one of historyMetrics, or the key of a Measurement. What was never measured is not there. */
export type History = Readonly<Record<string, readonly HistoryPoint[]>>;

type ForecastAnswer = NonNullable<Answer<"/api/forecast">["forecasts"]>[number];

export const confidences = ["low", "medium", "high"] as const;
export type Confidence = (typeof confidences)[number];

export const forecastReasons = [
  "growing",
  "full",
  "not_growing",
  "shrinking",
  "too_little_history",
  "after_cleanup",
  "no_recent_history",
] as const;
export type ForecastReason = (typeof forecastReasons)[number];

/** When a disk is full. */
export interface Forecast extends Pick<ForecastAnswer, "bytesPerDay"> {
  /** Where the file system is mounted that is meant; absent: the disk as a whole. */
  readonly mount?: string;
  /** Absent when it is not foreseen to be. */
  readonly daysUntilFull?: number;
  readonly confidence: Confidence;
  readonly reason: ForecastReason;
  /** How many hours of history it was made of. */
  readonly hours: number;
}
