import ArrowDown from "lucide-solid/icons/arrow-down";
import ArrowUp from "lucide-solid/icons/arrow-up";
import { For, type JSX, Show } from "solid-js";
import { useTexts } from "../i18n/texts";
import type { Sort } from "../listing/order";
import type { Column } from "./tableModel";

export interface SortControlProps<T> {
  readonly columns: readonly Column<T>[];
  readonly sort: Sort;
  readonly onSort: ((key: string, descendingFirst: boolean) => void) | undefined;
}

/** Sorts a list that has no column titles to click on. */
export function SortControl<T>(props: SortControlProps<T>): JSX.Element {
  const { t } = useTexts();
  const direction = () => t(props.sort.descending ? "table.descending" : "table.ascending");
  const choose = (key: string) => {
    const column = props.columns.find((item) => item.key === key);
    if (column) props.onSort?.(key, column.descendingFirst ?? false);
  };
  return (
    <div class="flex shrink-0 items-center gap-2 border-b border-line bg-panel px-4 py-2">
      <label class="flex min-w-0 flex-1 items-center gap-2 text-dim">
        {t("table.sort")}
        <select
          class="h-9 min-w-0 flex-1 rounded-box border border-line-strong bg-raised px-2 text-text"
          value={props.sort.key}
          onChange={(event) => choose(event.currentTarget.value)}
        >
          <For each={props.columns.filter((column) => !column.fixed)}>
            {(column) => <option value={column.key}>{column.title}</option>}
          </For>
        </select>
      </label>
      <button
        type="button"
        class="flex h-9 items-center gap-1.5 rounded-box border border-line-strong bg-raised px-3 text-dim"
        onClick={() => props.onSort?.(props.sort.key, false)}
      >
        <Show
          when={props.sort.descending}
          fallback={<ArrowUp class="size-4 text-accent" aria-hidden="true" />}
        >
          <ArrowDown class="size-4 text-accent" aria-hidden="true" />
        </Show>
        {direction()}
      </button>
    </div>
  );
}
