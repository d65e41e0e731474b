import type { Resource } from "../api/types";

export type PlaceKey = "overview" | "proxmox" | "hosts";

export const places: readonly { readonly key: PlaceKey; readonly path: string }[] = [
  { key: "overview", path: "/" },
  { key: "proxmox", path: "/proxmox" },
  { key: "hosts", path: "/hosts" },
];

/** Where a resource is shown, with its details open. What has no place of its own opens over the overview. */
export function placeOf(resource: Pick<Resource, "id" | "type" | "platformType">): string {
  const id = encodeURIComponent(resource.id);
  if (resource.type === "host") return `/hosts?id=${id}`;
  return resource.platformType === "proxmox-pve" ? `/proxmox?id=${id}` : `/?id=${id}`;
}
