import { createVirtualizer } from "@tanstack/solid-virtual";
import { createEffect, createMemo, createSignal, For, type JSX, on, Show } from "solid-js";
import { usePreferences } from "../state/preferences";
import { columnsThatFit, totalWidth } from "./columnsThatFit";
import { stepFor } from "./rowKeys";
import { SortControl } from "./SortControl";
import { TableHeader } from "./TableHeader";
import type { DataTableProps } from "./tableModel";
import { cardHeight, GroupRow, groupCardHeight, ItemRow } from "./tableRows";
import { createNarrow, createWidth } from "./viewport";

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
