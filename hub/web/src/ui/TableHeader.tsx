import ArrowDown from "lucide-solid/icons/arrow-down";
import ArrowUp from "lucide-solid/icons/arrow-up";
import { For, type JSX, Show } from "solid-js";
import { useTexts } from "../i18n/texts";
import type { Sort } from "../listing/order";
import type { Column } from "./tableModel";

export interface TableHeaderProps<T> {
  readonly columns: readonly Column<T>[];
  readonly sort: Sort | undefined;
  readonly onSort: ((key: string, descendingFirst: boolean) => void) | undefined;
}

/** The column titles, each a button that sorts. */
export function TableHeader<T>(props: TableHeaderProps<T>): JSX.Element {
  const { t } = useTexts();
  const direction = (key: string) => {
    if (props.sort?.key !== key) return "none";
    return props.sort.descending ? "descending" : "ascending";
  };
  return (
    <thead>
      <tr aria-rowindex={1}>
        <For each={props.columns}>
          {(column) => (
            <th scope="col" aria-sort={column.fixed ? undefined : direction(column.key)}>
              <Show
                when={!column.fixed}
                fallback={
                  <span class={column.right ? "block text-right" : "block text-left"}>{column.title}</span>
                }
              >
                <button
                  type="button"
                  class={`flex h-full w-full items-center gap-1 hover:text-text ${column.right ? "justify-end" : ""}`}
                  title={t("table.sortBy", { column: column.title })}
                  onClick={() => props.onSort?.(column.key, column.descendingFirst ?? false)}
                >
                  <span class="truncate">{column.title}</span>
                  <Show when={direction(column.key) === "ascending"}>
                    <ArrowUp class="size-3.5 shrink-0 text-accent" aria-hidden="true" />
                  </Show>
                  <Show when={direction(column.key) === "descending"}>
                    <ArrowDown class="size-3.5 shrink-0 text-accent" aria-hidden="true" />
                  </Show>
                </button>
              </Show>
            </th>
          )}
        </For>
      </tr>
    </thead>
  );
}
