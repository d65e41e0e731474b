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

export interface Column {
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
  readonly cell: (resource: () => Resource) => JSX.Element;
}

export type TableRow =
  | { readonly kind: "item"; readonly id: string }
  | { readonly kind: "group"; readonly id: string };

export interface DataTableProps {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly TableRow[];
  readonly sort: Sort;
  readonly onSort: (key: string, descendingFirst: boolean) => void;
  readonly chosen: string | undefined;
  readonly onOpen: (id: string) => void;
  /** One resource on a phone. */
  readonly card: (resource: () => Resource) => JSX.Element;
  readonly group?: (id: string) => JSX.Element;
}

export const rowHeights = { comfortable: 38, compact: 29 } as const;

/**
 * A long table: only the rows in sight exist. On a phone it is a list of
 * cards. Arrow keys move, Enter opens, and a row redraws only when its own
 * resource changes.
 */
export function DataTable(props: DataTableProps): JSX.Element {
  const narrow = createNarrow();
  const preferences = usePreferences();
  const [active, setActive] = createSignal(0);
  let scroller: HTMLDivElement | undefined;
  const width = createWidth(() => scroller);
  const columns = createMemo(() => columnsThatFit(props.columns, width(), props.sort.key));

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
    const step = stepFor(event.key, { index: active(), count: props.rows.length, page });
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    move(step);
  }

  const rowOf = (index: number) => props.rows[index];
  const body = (index: number, start: number) => (
    <Show when={rowOf(index)}>
      {(row) => (
        <Show
          when={row().kind === "item"}
          fallback={
            <GroupRow
              narrow={narrow()}
              index={index}
              id={row().id}
              table={props}
              columns={columns()}
              start={start}
            />
          }
        >
          <ItemRow
            narrow={narrow()}
            index={index}
            id={row().id}
            table={props}
            columns={columns()}
            start={start}
            active={active() === index}
            onActivate={() => setActive(index)}
          />
        </Show>
      )}
    </Show>
  );

  return (
    <>
      <Show when={narrow()}>
        <SortControl table={props} />
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
              <For each={items()}>{(item) => body(item.index, item.start)}</For>
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
            <TableHeader table={props} columns={columns()} />
            <Show when={before() > 0}>
              <tbody aria-hidden="true" style={{ height: `${before()}px` }} />
            </Show>
            <tbody>
              <For each={items()}>{(item) => body(item.index, item.start)}</For>
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
