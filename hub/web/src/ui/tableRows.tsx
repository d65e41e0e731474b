import { createMemo, For, type JSX, Show } from "solid-js";
import type { Column, DataTableProps } from "./tableModel";

/** Heights on a phone, in pixels. */
export const cardHeight = 84;
export const groupCardHeight = 44;

interface RowProps<T extends object> {
  readonly narrow: boolean;
  readonly index: number;
  readonly id: string;
  readonly start: number;
  readonly table: DataTableProps<T>;
  /** Those of the table there is room for. */
  readonly columns: readonly Column<T>[];
}

/** The heading of a group of rows. */
export function GroupRow<T extends object>(props: RowProps<T>): JSX.Element {
  return (
    <Show
      when={!props.narrow}
      fallback={
        <li
          data-index={props.index}
          class="absolute inset-x-0 flex items-center border-b border-line bg-bg px-4"
          style={{ height: `${groupCardHeight}px`, transform: `translateY(${props.start}px)` }}
        >
          {props.table.group?.(props.id)}
        </li>
      }
    >
      <tr
        class="group"
        data-index={props.index}
        aria-rowindex={props.index + 2}
        style={{ height: "var(--row)" }}
      >
        <td colSpan={props.columns.length}>{props.table.group?.(props.id)}</td>
      </tr>
    </Show>
  );
}

interface ItemRowProps<T extends object> extends RowProps<T> {
  readonly active: boolean;
  readonly onActivate: () => void;
}

/** One item: a table row, or a card on a phone. */
export function ItemRow<T extends object>(props: ItemRowProps<T>): JSX.Element {
  const item = createMemo(() => props.table.item(props.id));
  const marks = createMemo(() => {
    const current = item();
    return current === undefined ? undefined : props.table.marks?.(current);
  });
  const open = () => {
    props.onActivate();
    props.table.onOpen(props.id);
  };
  const link = (content: JSX.Element) => (
    <button
      type="button"
      data-row-link
      tabIndex={props.active ? 0 : -1}
      aria-pressed={props.table.chosen === props.id}
      class="block w-full min-w-0 flex-1 truncate text-left"
      onFocus={() => props.onActivate()}
      onClick={(event) => {
        event.stopPropagation();
        open();
      }}
    >
      {content}
    </button>
  );
  const first = (current: () => T, content: JSX.Element) => (
    <Show when={props.table.lead} fallback={link(content)}>
      {(lead) => (
        <div class="flex items-center gap-3">
          {lead()(current)}
          {link(content)}
        </div>
      )}
    </Show>
  );
  return (
    <Show when={item()}>
      {(current) => (
        <Show
          when={!props.narrow}
          fallback={
            <li
              data-index={props.index}
              data-resource={marks()?.resource}
              data-stale={marks()?.stale}
              class="absolute inset-x-0 border-b border-line bg-panel px-4 py-2.5"
              style={{ height: `${cardHeight}px`, transform: `translateY(${props.start}px)` }}
            >
              {first(current, props.table.card(current))}
            </li>
          }
        >
          <tr
            class="row cursor-pointer"
            data-index={props.index}
            data-resource={marks()?.resource}
            data-chosen={props.table.chosen === props.id}
            data-stale={marks()?.stale}
            aria-rowindex={props.index + 2}
            style={{ height: "var(--row)" }}
            onClick={open}
          >
            <For each={props.columns}>
              {(column, at) => (
                <td class={column.right ? "text-right" : ""}>
                  {at() === 0 ? first(current, column.cell(current)) : column.cell(current)}
                </td>
              )}
            </For>
          </tr>
        </Show>
      )}
    </Show>
  );
}
