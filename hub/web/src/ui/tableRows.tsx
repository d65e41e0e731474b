import { createMemo, For, type JSX, Show } from "solid-js";
import { useLive } from "../state/connection";
import type { Column, DataTableProps } from "./DataTable";

/** Heights on a phone, in pixels. */
export const cardHeight = 84;
export const groupCardHeight = 44;

interface RowProps {
  readonly narrow: boolean;
  readonly index: number;
  readonly id: string;
  readonly start: number;
  readonly table: DataTableProps;
  /** Those of the table there is room for. */
  readonly columns: readonly Column[];
}

/** The heading of a group of rows. */
export function GroupRow(props: RowProps): JSX.Element {
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

interface ItemRowProps extends RowProps {
  readonly active: boolean;
  readonly onActivate: () => void;
}

/** One resource: a table row, or a card on a phone. */
export function ItemRow(props: ItemRowProps): JSX.Element {
  const { store } = useLive();
  const resource = createMemo(() => store.resource(props.id));
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
      class="block w-full truncate text-left"
      onFocus={() => props.onActivate()}
      onClick={(event) => {
        event.stopPropagation();
        open();
      }}
    >
      {content}
    </button>
  );
  return (
    <Show when={resource()}>
      {(current) => (
        <Show
          when={!props.narrow}
          fallback={
            <li
              data-index={props.index}
              data-resource={props.id}
              data-stale={current().stale || current().status === "offline"}
              class="absolute inset-x-0 border-b border-line bg-panel px-4 py-2.5"
              style={{ height: `${cardHeight}px`, transform: `translateY(${props.start}px)` }}
            >
              {link(props.table.card(current))}
            </li>
          }
        >
          <tr
            class="row cursor-pointer"
            data-index={props.index}
            data-resource={props.id}
            data-chosen={props.table.chosen === props.id}
            data-stale={current().stale || current().status === "offline"}
            aria-rowindex={props.index + 2}
            style={{ height: "var(--row)" }}
            onClick={open}
          >
            <For each={props.columns}>
              {(column, at) => (
                <td class={column.right ? "text-right" : ""}>
                  {at() === 0 ? link(column.cell(current)) : column.cell(current)}
                </td>
              )}
            </For>
          </tr>
        </Show>
      )}
    </Show>
  );
}
