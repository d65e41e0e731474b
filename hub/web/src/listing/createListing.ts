import { useSearchParams } from "@solidjs/router";
import { createMemo, untrack } from "solid-js";
import type { Resource } from "../api/types";
import { parseSearch } from "../search/parse";
import { useLive } from "../state/connection";
import { createPaced } from "../state/paced";
import { orderIds, parseSort, type Sort, type SortReader, writeSort } from "./order";

/** How often rows may change places by themselves. Numbers change at once; places only now and then, so that one can read. */
const reorderMs = 5000;

export interface ListingOptions {
  /** The name of the search parameter that holds the sort. */
  readonly sortParameter: string;
  readonly keep: (resource: Resource) => boolean;
  readonly readers: ReadonlyMap<string, SortReader>;
  readonly fallback: Sort;
  /** Shows everything whatever is searched for. */
  readonly ignoreQuery?: boolean;
}

export interface Listing {
  readonly ids: () => readonly string[];
  /** How many there are before searching. */
  readonly total: () => number;
  readonly query: () => string;
  readonly setQuery: (query: string) => void;
  readonly sort: () => Sort;
  /** Sorts by a column, or turns the order round when it is sorted by it already. */
  readonly toggleSort: (key: string, descendingFirst: boolean) => void;
}

function sameIds(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((id, index) => id === right[index]);
}

function first(value: string | string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}

/** The resources of a page: searched and sorted as the address bar says. */
export function createListing(options: ListingOptions): Listing {
  const { store } = useLive();
  const [params, setParams] = useSearchParams();
  const query = createMemo(() => (options.ignoreQuery ? "" : (first(params.q) ?? "")));
  const terms = createMemo(() => parseSearch(query()));
  const sort = createMemo(() =>
    parseSort(first(params[options.sortParameter]), (key) => options.readers.has(key), options.fallback),
  );
  const paced = createPaced(store.revision, reorderMs);
  const kept = createMemo(() => {
    paced();
    store.ids();
    return untrack(() => store.all().filter(options.keep));
  });
  const ids = createMemo(
    () =>
      orderIds({
        resources: kept(),
        terms: terms(),
        read: options.readers.get(sort().key) ?? ((resource) => resource.name),
        descending: sort().descending,
      }),
    [],
    { equals: sameIds },
  );
  const write = (values: Record<string, string | undefined>) =>
    setParams(values, { replace: true, scroll: false });
  return {
    ids,
    total: () => kept().length,
    query,
    setQuery: (text) => write({ q: text || undefined }),
    sort,
    toggleSort(key, descendingFirst) {
      const descending = sort().key === key ? !sort().descending : descendingFirst;
      write({ [options.sortParameter]: writeSort({ key, descending }) });
    },
  };
}
