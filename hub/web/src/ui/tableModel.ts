import type { JSX } from "solid-js";
import type { Resource } from "../api/types";
import type { Sort } from "../listing/order";

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
