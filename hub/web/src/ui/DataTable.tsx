import { createVirtualizer } from "@tanstack/solid-virtual";
import { createEffect, createMemo, createSignal, For, type JSX, on, Show } from "solid-js";
import type { Resource } from "../api/types";
import type { Sort } from "../listing/order";
import { usePreferences } from "../state/preferences";
import { columnsThatFit, totalWidth } from "./columnsThatFit";
import { stepFor } from "./rowKeys";
import { SortControl } from "./SortControl";
import { TableHeader } from "./TableHeader";
import { cardHeight, GroupRow, groupCardHeight, ItemRow } from "./tableRows";
import { createNarrow, createWidth } from "./viewport";

/** A column of a table of T; unless said otherwise, of resources. */
export interface Column<T = Resource> {
  readonly key: string;
  readonly title: string;
  /** Pixels. */
  readonly width: number;
  readonly right?: boolean;
  /** Cannot be sorted by. */
  readonly fixed?: boolean;
  /** The first click sorts the largest first. */
  readonly descendingFirst?: boolean;
  /** Given up first where there is no room for all. */
  readonly minor?: boolean;
  readonly cell: (item: () => T) => JSX.Element;
}

export type TableRow =
  | { readonly kind: "item"; readonly id: string }
  | { readonly kind: "group"; readonly id: string };

export interface DataTableProps<T extends object> {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly TableRow[];
  /** The item of a row; a row without one is not drawn. Tracked, so that a row redraws when its own item changes. */
  readonly item: (id: string) => T | undefined;
  /** Absent of what has one order only; all columns are fixed then. */
  readonly sort?: Sort;
  readonly onSort?: (key: string, descendingFirst: boolean) => void;
  readonly chosen: string | undefined;
  readonly onOpen: (id: string) => void;
  /** One item on a phone. */
  readonly card: (item: () => T) => JSX.Element;
  readonly group?: (id: string) => JSX.Element;
  /** Stands before the link of a row. */
  readonly lead?: (item: () => T) => JSX.Element;
  /** What a row is marked with for styles and tips. */
  readonly marks?: (item: T) => RowMarks;
  /** Takes a key pressed in a row that does not move; true when it did something. */
  readonly onKey?: (key: string, id: string) => boolean;
}

export interface RowMarks {
  /** The id of the resource in the row. */
  readonly resource?: string;
  /** Its numbers are old. */
  readonly stale?: boolean;
}

export const rowHeights = { comfortable: 38, compact: 29 } as const;

/**
 * A long table: only the rows in sight exist. On a phone it is a list of
 * cards. Arrow keys move, Enter opens, and a row redraws only when its own
 * item changes.
 */
export function DataTable<T extends object>(props: DataTableProps<T>): JSX.Element {
  const narrow = createNarrow();
  const preferences = usePreferences();
  const [active, setActive] = createSignal(0);
  let scroller: HTMLDivElement | undefined;
  const width = createWidth(() => scroller);
  const columns = createMemo(() => columnsThatFit(props.columns, width(), props.sort?.key ?? ""));

  const heightOf = (index: number) => {
    if (!narrow()) return rowHeights[preferences.density()];
    return props.rows[index]?.kind === "group" ? groupCardHeight : cardHeight;
  };
  const virtualizer = createVirtualizer({
    get count() {
      return props.rows.length;
    },
    getScrollElement: () => scroller ?? null,
    estimateSize: heightOf,
    overscan: 6,
  });
  createEffect(
    on([narrow, preferences.density, () => props.rows], () => virtualizer.measure(), { defer: true }),
  );
  const items = createMemo(() => virtualizer.getVirtualItems());
  const before = () => items()[0]?.start ?? 0;
  const after = () => Math.max(0, virtualizer.getTotalSize() - (items().at(-1)?.end ?? 0));

  function move(index: number): void {
    const bounded = Math.max(0, Math.min(props.rows.length - 1, index));
    setActive(bounded);
    virtualizer.scrollToIndex(bounded);
    requestAnimationFrame(() => {
      scroller?.querySelector<HTMLElement>(`[data-index="${bounded}"] [data-row-link]`)?.focus();
    });
    const row = props.rows[bounded];
    if (props.chosen !== undefined && row?.kind === "item") props.onOpen(row.id);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor((scroller?.clientHeight ?? 0) / heightOf(active())) - 2);
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = stepFor(event.key, { index: active(), count: props.rows.length, page });
    const row = props.rows[active()];
    if (step !== undefined) move(step);
    else if (row?.kind !== "item" || !props.onKey?.(event.key, row.id)) return;
    event.preventDefault();
  }

  const rowOf = (index: number) => props.rows[index];
  // Read where it is drawn: an item stays the same while its place moves on.
  const body = (item: { readonly index: number; readonly start: number }) => (
    <Show when={rowOf(item.index)}>
      {(row) => (
        <Show
          when={row().kind === "item"}
          fallback={
            <GroupRow
              narrow={narrow()}
              index={item.index}
              id={row().id}
              table={props}
              columns={columns()}
              start={item.start}
            />
          }
        >
          <ItemRow
            narrow={narrow()}
            index={item.index}
            id={row().id}
            table={props}
            columns={columns()}
            start={item.start}
            active={active() === item.index}
            onActivate={() => setActive(item.index)}
          />
        </Show>
      )}
    </Show>
  );

  return (
    <>
      <Show when={narrow() && props.sort}>
        {(sort) => <SortControl columns={props.columns} sort={sort()} onSort={props.onSort} />}
      </Show>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys move between the links inside */}
      <div ref={scroller} class="min-h-0 flex-1 overflow-auto" onKeyDown={onKeyDown}>
        <Show
          when={!narrow()}
          fallback={
            <ul
              aria-label={props.caption}
              style={{ height: `${virtualizer.getTotalSize()}px` }}
              class="relative"
            >
              <For each={items()}>{body}</For>
            </ul>
          }
        >
          <table
            class="data-table"
            aria-rowcount={props.rows.length + 1}
            style={{ "min-width": `${totalWidth(columns())}px` }}
          >
            <caption class="sr-only">{props.caption}</caption>
            <colgroup>
              <For each={columns()}>{(column) => <col style={{ width: `${column.width}px` }} />}</For>
            </colgroup>
            <TableHeader columns={columns()} sort={props.sort} onSort={props.onSort} />
            <Show when={before() > 0}>
              <tbody aria-hidden="true" style={{ height: `${before()}px` }} />
            </Show>
            <tbody>
              <For each={items()}>{body}</For>
            </tbody>
            <Show when={after() > 0}>
              <tbody aria-hidden="true" style={{ height: `${after()}px` }} />
            </Show>
          </table>
        </Show>
      </div>
    </>
  );
}
