import type { JSX } from "solid-js";
import type { Resource } from "../api/types";
import { useLive } from "../state/connection";
import { DataTable } from "./DataTable";
import type { DataTableProps, RowMarks } from "./tableModel";

export type ResourceTableProps = Omit<DataTableProps<Resource>, "item" | "marks">;

function marksOf(resource: Resource): RowMarks {
  return { resource: resource.id, stale: resource.stale || resource.status === "offline" };
}

/** A long table of resources, by their ids. */
export function ResourceTable(props: ResourceTableProps): JSX.Element {
  const { store } = useLive();
  return <DataTable {...props} item={store.resource} marks={marksOf} />;
}
