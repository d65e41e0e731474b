import type { Resource } from "../api/types";

export type PlaceKey = "overview" | "alerts" | "proxmox" | "hosts" | "services" | "settings";

export interface Place {
  readonly key: PlaceKey;
  readonly path: string;
}

export const places: readonly Place[] = [
  { key: "overview", path: "/" },
  { key: "alerts", path: "/alerts" },
  { key: "proxmox", path: "/proxmox" },
  { key: "hosts", path: "/hosts" },
  { key: "services", path: "/services" },
  { key: "settings", path: "/settings" },
];

const proxmoxTypes: ReadonlySet<string> = new Set(["node", "vm", "container", "oci-container", "storage"]);

/** The place that shows a resource. What has none of its own, as kinds that plugins bring, is a service. */
export function placeKeyOf(resource: Pick<Resource, "type">): "proxmox" | "hosts" | "services" {
  if (resource.type === "host") return "hosts";
  return proxmoxTypes.has(resource.type) ? "proxmox" : "services";
}

/** Where a resource is shown, with its details open. */
export function placeOf(resource: Pick<Resource, "id" | "type">): string {
  return `/${placeKeyOf(resource)}?id=${encodeURIComponent(resource.id)}`;
}

/** Where it is said why an alert is there. */
export function placeOfAlert(id: string): string {
  return `/alerts?alert=${encodeURIComponent(id)}`;
}

/** The place that an address is in. */
export function placeAt(path: string): Place | undefined {
  return places.find(
    (place) => place.path === path || (place.path !== "/" && path.startsWith(`${place.path}/`)),
  );
}
