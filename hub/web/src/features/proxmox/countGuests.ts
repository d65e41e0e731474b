import type { Resource } from "../../api/types";

/** How many guests a node has, and how many of them run. */
export function countGuests(
  resources: readonly Resource[],
  nodeId: string,
): { running: number; total: number } {
  const guests = resources.filter((resource) => resource.parentId === nodeId && resource.type !== "storage");
  return { running: guests.filter((guest) => guest.status === "running").length, total: guests.length };
}
