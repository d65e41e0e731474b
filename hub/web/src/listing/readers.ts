import { asNumber, asText } from "../api/json";
import type { Resource } from "../api/types";
import type { SortReader } from "./order";

/** What a person calls the resource. */
export function titleOf(resource: Resource): string {
  return resource.displayName || resource.name;
}

export function systemOf(resource: Resource): string | undefined {
  const { osName, osVersion, platform } = resource.platformData;
  const name = asText(osName) ?? asText(platform);
  return name === undefined ? undefined : [name, asText(osVersion)].filter(Boolean).join(" ");
}

/** A percentage as measured; what a guest that is off uses is not zero but nothing. */
export function measuredPercent(resource: Resource, metric: "cpu" | "memory" | "disk"): number | undefined {
  if (metric !== "disk" && resource.status === "stopped") return undefined;
  return resource[metric]?.current;
}

/** Unix milliseconds of the last backup; the hub sends a number or RFC 3339 text. */
export function lastBackupOf(resource: Resource): number | undefined {
  const value = resource.platformData.lastBackup;
  const time = typeof value === "string" ? Date.parse(value) : asNumber(value);
  return time !== undefined && Number.isFinite(time) && time > 0 ? time : undefined;
}

const troubleFirst: Readonly<Record<Resource["status"], number>> = {
  offline: 0,
  degraded: 1,
  unknown: 3,
  paused: 4,
  stopped: 5,
  running: 6,
  online: 7,
};

function statusRank(resource: Resource): number {
  return resource.stale && resource.status !== "offline" ? 2 : troubleFirst[resource.status];
}

/** How each column sorts, by column key. */
export const readers: ReadonlyMap<string, SortReader> = new Map<string, SortReader>([
  ["name", titleOf],
  ["status", statusRank],
  ["cpu", (resource) => measuredPercent(resource, "cpu")],
  ["memory", (resource) => measuredPercent(resource, "memory")],
  ["disk", (resource) => resource.disk?.current],
  ["netIn", (resource) => resource.rates?.netIn],
  ["netOut", (resource) => resource.rates?.netOut],
  ["diskRead", (resource) => resource.rates?.diskRead],
  ["diskWrite", (resource) => resource.rates?.diskWrite],
  ["temperature", (resource) => resource.temperature],
  ["uptime", (resource) => resource.uptime],
  ["os", systemOf],
  ["agent", (resource) => asText(resource.platformData.agentVersion)],
  ["version", (resource) => asText(resource.platformData.pveVersion)],
  ["seen", (resource) => resource.lastSeen],
  ["id", (resource) => asNumber(resource.platformData.vmid)],
  ["type", (resource) => resource.type],
  ["node", (resource) => asText(resource.platformData.node)],
  ["backup", lastBackupOf],
  // By the first, which is what its source thinks most of.
  ["readings", (resource) => resource.measurements[0]?.value ?? measuredPercent(resource, "cpu")],
]);

/** The readers of these columns only, so that the address bar cannot sort by another page's. */
export function pickReaders(keys: readonly string[]): ReadonlyMap<string, SortReader> {
  return new Map([...readers].filter(([key]) => keys.includes(key)));
}
