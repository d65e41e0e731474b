import { useSearchParams } from "@solidjs/router";
import { createMemo } from "solid-js";
import { type AlertLevel, alertLevels } from "../../api/alertTypes";
import { parseSort, type Sort, writeSort } from "../../listing/order";
import { type AlertFilter, sortKeys } from "./filterAlerts";

export interface FilterState {
  readonly filter: () => AlertFilter;
  readonly sort: () => Sort;
  readonly setLevel: (level: AlertLevel | undefined) => void;
  readonly setType: (type: string | undefined) => void;
  readonly setText: (text: string) => void;
  /** Sorts by a column, or turns the order round when it is sorted by it already. */
  readonly toggleSort: (key: string, descendingFirst: boolean) => void;
  readonly isFiltered: () => boolean;
  readonly reset: () => void;
}

const worstFirst: Sort = { key: "level", descending: false };

/** What of the active alerts is shown and in which order, as the address bar says. */
export function createFilter(): FilterState {
  const [params, setParams] = useSearchParams();
  const text = (name: string) => {
    const value = params[name];
    return typeof value === "string" ? value : undefined;
  };
  const write = (values: Record<string, string | undefined>) =>
    setParams(values, { replace: true, scroll: false });
  const filter = createMemo<AlertFilter>(() => ({
    level: alertLevels.find((level) => level === text("level")),
    type: text("type"),
    text: text("q") ?? "",
  }));
  const sort = createMemo(() =>
    parseSort(text("sort"), (key) => sortKeys.some((known) => known === key), worstFirst),
  );
  return {
    filter,
    sort,
    setLevel: (level) => write({ level }),
    setType: (type) => write({ type }),
    setText: (value) => write({ q: value || undefined }),
    toggleSort(key, descendingFirst) {
      const descending = sort().key === key ? !sort().descending : descendingFirst;
      write({ sort: writeSort({ key, descending }) });
    },
    isFiltered: () => {
      const { level, type, text: words } = filter();
      return level !== undefined || type !== undefined || words !== "";
    },
    reset: () => write({ level: undefined, type: undefined, q: undefined }),
  };
}
