import { asList, asNumber, asObject, asText, asTexts } from "../../api/json";
import type { JsonObject, Resource } from "../../api/types";
import { systemOf } from "../../listing/readers";

export interface Filesystem {
  readonly mount: string;
  readonly type: string;
  readonly device: string;
  readonly total: number;
  readonly used: number;
  /** 0–100; absent when unknown. */
  readonly percent?: number;
}

/** The filesystems of a host or guest, as its platform data lists them. */
export function filesystemsOf(resource: Resource): readonly Filesystem[] {
  return asList(resource.platformData.disks).map((item) => {
    const raw = asObject(item);
    const total = asNumber(raw.total) ?? 0;
    const used = asNumber(raw.used) ?? 0;
    return {
      mount: asText(raw.mountpoint) ?? asText(raw.device) ?? "",
      type: asText(raw.type) ?? "",
      device: asText(raw.device) ?? "",
      total,
      used,
      ...(total > 0 ? { percent: (used / total) * 100 } : {}),
    };
  });
}

export interface NetworkInterface {
  readonly name: string;
  readonly mac: string;
  readonly addresses: readonly string[];
  readonly rxBytes?: number;
  readonly txBytes?: number;
  readonly speedMbps?: number;
}

export function interfacesOf(resource: Resource): readonly NetworkInterface[] {
  const data = resource.platformData;
  return [...asList(data.interfaces), ...asList(data.networkInterfaces)].map((item) => {
    const raw = asObject(item);
    const rx = asNumber(raw.rxBytes);
    const tx = asNumber(raw.txBytes);
    const speed = asNumber(raw.speedMbps);
    return {
      name: asText(raw.name) ?? "",
      mac: asText(raw.mac) ?? "",
      addresses: asTexts(raw.addresses),
      ...(rx === undefined ? {} : { rxBytes: rx }),
      ...(tx === undefined ? {} : { txBytes: tx }),
      ...(speed === undefined ? {} : { speedMbps: speed }),
    };
  });
}

export interface SensorReading {
  readonly name: string;
  readonly kind: "celsius" | "rpm" | "plain";
  /** Absent when the sensor is there but says nothing, as of a disk that sleeps. */
  readonly value?: number;
  /** What a disk says of its own health. */
  readonly health?: string;
}

function readings(map: JsonObject, kind: SensorReading["kind"]): readonly SensorReading[] {
  return Object.entries(map).flatMap(([name, value]) => {
    const number = asNumber(value);
    return number === undefined ? [] : [{ name, kind, value: number }];
  });
}

export function sensorsOf(resource: Resource): readonly SensorReading[] {
  const sensors = asObject(resource.platformData.sensors);
  const smart = asList(sensors.smart).flatMap((item): readonly SensorReading[] => {
    const raw = asObject(item);
    const value = asNumber(raw.temperature);
    const health = asText(raw.health);
    if (value === undefined && health === undefined) return [];
    const name = [asText(raw.device), asText(raw.model)].filter(Boolean).join(" · ");
    // Nothing that can be read is at zero degrees: the agent sends it for a disk it could not ask.
    return [{ name, kind: "celsius", ...(value ? { value } : {}), ...(health ? { health } : {}) }];
  });
  return [
    ...readings(asObject(sensors.temperatureCelsius), "celsius"),
    ...readings(asObject(sensors.fanRpm), "rpm"),
    ...readings(asObject(sensors.additional), "plain"),
    ...smart,
  ];
}

export type FactKey =
  | "os"
  | "kernel"
  | "arch"
  | "cores"
  | "model"
  | "agentVersion"
  | "interval"
  | "load"
  | "hostname"
  | "addresses"
  | "node"
  | "instance"
  | "cluster"
  | "pve"
  | "connection"
  | "vmid"
  | "content"
  | "shared"
  | "kind"
  | "template"
  | "id";

/** A fact still to be put into words: text as it is, a number or a yes or no to be written by the view. */
export interface Fact {
  readonly key: FactKey;
  readonly value: string | number | boolean | readonly number[];
}

/** What is known about a resource beyond its numbers, in reading order, without the unknown. */
export function factsOf(resource: Resource): readonly Fact[] {
  const data = resource.platformData;
  const cpu = asObject(data.cpuInfo);
  const load = asList(data.loadAverage).filter((value) => typeof value === "number");
  const addresses = [...new Set([...(resource.identity?.ips ?? []), ...asTexts(data.ipAddresses)])];
  const bool = (value: unknown) => (typeof value === "boolean" ? value : undefined);
  const all: readonly (readonly [FactKey, Fact["value"] | undefined])[] = [
    ["os", systemOf(resource)],
    ["kernel", asText(data.kernelVersion)],
    ["pve", asText(data.pveVersion)],
    ["arch", asText(data.architecture)],
    ["model", asText(cpu.model)],
    ["cores", asNumber(data.cpuCount) ?? asNumber(data.cpus) ?? asNumber(cpu.cores)],
    ["load", load.length > 0 ? load : undefined],
    ["vmid", asNumber(data.vmid)],
    ["node", asText(data.node)],
    ["instance", asText(data.instance)],
    ["cluster", asText(data.clusterName)],
    ["kind", resource.type === "storage" ? asText(data.type) : undefined],
    ["content", asText(data.content)],
    ["shared", bool(data.shared)],
    ["template", data.template === true ? true : undefined],
    ["connection", asText(data.connectionHealth)],
    ["hostname", resource.identity?.hostname],
    ["addresses", addresses.length > 0 ? addresses.join(", ") : undefined],
    ["agentVersion", asText(data.agentVersion)],
    ["interval", asNumber(data.intervalSeconds)],
    ["id", resource.id],
  ];
  return all.flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]));
}
