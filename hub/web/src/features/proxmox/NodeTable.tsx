import { createMemo, type JSX } from "solid-js";
import { useTexts } from "../../i18n/texts";
import { createColumns, machineNameWidth } from "../../listing/createColumns";
import { createListing } from "../../listing/createListing";
import { pickReaders } from "../../listing/readers";
import { useLive } from "../../state/connection";
import { usePreferences } from "../../state/preferences";
import type { Selection } from "../../state/selection";
import { rowHeights } from "../../ui/DataTable";
import { ResourceCard } from "../../ui/ResourceCard";
import { ResourceTable } from "../../ui/ResourceTable";
import type { Column } from "../../ui/tableModel";
import { countGuests } from "./countGuests";

const columnKeys = [
  "name",
  "status",
  "cpu",
  "memory",
  "disk",
  "netIn",
  "netOut",
  "temperature",
  "uptime",
  "version",
];
const headHeight = 35;
const mostRows = 6;

/** The nodes, above the guests; as tall as they are few. */
export function NodeTable(props: { readonly selection: Selection }): JSX.Element {
  const { t } = useTexts();
  const { overall } = useLive();
  const preferences = usePreferences();
  const listing = createListing({
    sortParameter: "nodes",
    keep: (resource) => resource.type === "node",
    readers: pickReaders(columnKeys),
    fallback: { key: "name", descending: false },
    ignoreQuery: true,
  });
  const guests: Column = {
    key: "guests",
    get title() {
      return t("column.guests");
    },
    width: 90,
    right: true,
    fixed: true,
    cell: (node) => {
      const counts = createMemo(() => countGuests(overall(), node().id));
      return (
        <span class="num text-dim">
          {counts().running} / {counts().total}
        </span>
      );
    },
  };
  const columns = [...createColumns()(columnKeys, machineNameWidth), guests];
  const rows = createMemo(() => listing.ids().map((id) => ({ kind: "item", id }) as const));
  const height = () => headHeight + Math.min(mostRows, rows().length) * rowHeights[preferences.density()] + 1;
  return (
    <section class="flex shrink-0 flex-col border-b border-line bg-panel" style={{ height: `${height()}px` }}>
      <ResourceTable
        caption={t("proxmox.nodesCaption")}
        columns={columns}
        rows={rows()}
        sort={listing.sort()}
        onSort={listing.toggleSort}
        chosen={props.selection.id()}
        onOpen={props.selection.open}
        card={(resource) => <ResourceCard resource={resource()} />}
      />
    </section>
  );
}
