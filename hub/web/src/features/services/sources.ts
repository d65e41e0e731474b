import type { Resource, Source } from "../../api/types";

/** The id of the source a resource is grouped under; the source's name where the hub tells no id. */
export function sourceOf(resource: Resource): string {
  return resource.source || resource.platformId;
}

/** The ids of sources in the order of their names. */
export function orderSources(sources: readonly Source[]): readonly string[] {
  return sources
    .toSorted(
      (left, right) =>
        left.name.localeCompare(right.name, undefined, { numeric: true }) || (left.id < right.id ? -1 : 1),
    )
    .map((source) => source.id);
}

/** How many resources there are, and how many of them are up. */
export function countUp(resources: readonly Resource[]): { count: number; total: number } {
  const up = resources.filter(({ status }) => status === "online" || status === "running");
  return { count: up.filter((resource) => !resource.stale).length, total: resources.length };
}
