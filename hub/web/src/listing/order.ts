import type { Resource } from "../api/types";
import { matchesSearch } from "../search/match";
import type { Term } from "../search/parse";

export type SortValue = number | string | undefined;
export type SortReader = (resource: Resource) => SortValue;

export interface Sort {
  readonly key: string;
  readonly descending: boolean;
}

/** Reads `cpu` or `-cpu`, as it stands in the address bar; an unknown key gives the fallback. */
export function parseSort(text: string | undefined, known: (key: string) => boolean, fallback: Sort): Sort {
  if (!text) return fallback;
  const descending = text.startsWith("-");
  const key = descending ? text.slice(1) : text;
  return known(key) ? { key, descending } : fallback;
}

export function writeSort(sort: Sort): string {
  return sort.descending ? `-${sort.key}` : sort.key;
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function compareValues(left: SortValue, right: SortValue): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  return collator.compare(String(left), String(right));
}

/** What nobody knows stands last, whichever way the rest is sorted. */
function compareUnknown(left: SortValue, right: SortValue): number {
  return Number(left === undefined) - Number(right === undefined);
}

export interface OrderRequest {
  readonly resources: readonly Resource[];
  readonly terms: readonly Term[];
  readonly read: SortReader;
  readonly descending: boolean;
}

/** The ids of the matching resources in order; equal ones stand by name, then id, so that rows keep still. */
export function orderIds(request: OrderRequest): readonly string[] {
  const sign = request.descending ? -1 : 1;
  return request.resources
    .filter((resource) => matchesSearch(request.terms, resource))
    .map((resource) => ({ resource, value: request.read(resource) }))
    .sort(
      (left, right) =>
        compareUnknown(left.value, right.value) ||
        (left.value === undefined ? 0 : sign * compareValues(left.value, right.value)) ||
        collator.compare(left.resource.name, right.resource.name) ||
        (left.resource.id < right.resource.id ? -1 : 1),
    )
    .map((item) => item.resource.id);
}
