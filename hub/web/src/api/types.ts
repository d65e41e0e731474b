/**
 * The shapes the hub sends. This is the one file to replace when the types are
 * generated from the hub's API description.
 *
 * Units on the wire: percent 0–100 for `Metric.current`, bytes for sizes,
 * bytes per second for rates, Unix milliseconds for times, seconds for uptime.
 */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json | undefined };

export type ResourceStatus = "online" | "offline" | "running" | "stopped" | "degraded" | "paused" | "unknown";

export interface Metric {
  readonly current: number;
  readonly total?: number;
  readonly used?: number;
  readonly free?: number;
}

export interface Rates {
  readonly netIn?: number;
  readonly netOut?: number;
  readonly diskRead?: number;
  readonly diskWrite?: number;
}

export interface ResourceAlert {
  readonly id: string;
  readonly type: string;
  readonly level: string;
  readonly message: string;
}

export interface Identity {
  readonly hostname?: string;
  readonly ips: readonly string[];
}

export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly displayName: string;
  readonly platformId: string;
  readonly platformType: string;
  readonly parentId?: string;
  readonly clusterId?: string;
  readonly status: ResourceStatus;
  readonly cpu?: Metric;
  readonly memory?: Metric;
  readonly disk?: Metric;
  readonly rates?: Rates;
  /** Degrees Celsius. */
  readonly temperature?: number;
  /** Seconds. */
  readonly uptime?: number;
  readonly tags: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Unix milliseconds; absent when the hub does not know. */
  readonly lastSeen?: number;
  readonly alerts: readonly ResourceAlert[];
  readonly identity?: Identity;
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
  /** Absent when the sources did not change. */
  readonly sources?: readonly Source[];
}

export type Frame = Hello | SnapshotPart | Delta | { readonly type: "ping" };

export interface SecurityStatus {
  readonly hasAuthentication: boolean;
  readonly hasProxyAuth: boolean;
  readonly apiTokenConfigured: boolean;
}

export type HistoryRange = "1h" | "24h" | "7d";
export const historyMetrics = ["cpu", "memory", "disk", "netin", "netout", "diskread", "diskwrite"] as const;
export type HistoryMetric = (typeof historyMetrics)[number];

export interface HistoryPoint {
  readonly timestamp: number;
  readonly value: number;
}

export type History = Readonly<Record<HistoryMetric, readonly HistoryPoint[]>>;
