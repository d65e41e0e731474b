import { createMemo, type JSX, Show, untrack } from "solid-js";
import { useTexts } from "../../i18n/texts";
import { createColumns } from "../../listing/createColumns";
import { createListing } from "../../listing/createListing";
import { groupRows } from "../../listing/groupRows";
import { pickReaders } from "../../listing/readers";
import { placeKeyOf } from "../../places/placeOf";
import { useLive } from "../../state/connection";
import { createSelection } from "../../state/selection";
import { EmptyState } from "../../ui/EmptyState";
import { NoMatch } from "../../ui/NoMatch";
import { ReadingList } from "../../ui/ReadingList";
import { ResourceTable } from "../../ui/ResourceTable";
import { SearchBox } from "../../ui/SearchBox";
import { ShownCount } from "../../ui/ShownCount";
import type { Column } from "../../ui/tableModel";
import { useTypeName } from "../../ui/typeName";
import { ServiceCard } from "./ServiceCard";
import { SourceHeading } from "./SourceHeading";
import { orderSources, sourceOf } from "./sources";

const columnKeys = ["name", "status", "type", "readings", "uptime", "seen"];
const nameWidth = 180;
/** Numbers in a row; the details have all of them. */
const readingsInRow = 3;

/** What no other place shows, by source: kinds that plugins bring, and platforms without a place of their own. */
export default function Services(): JSX.Element {
  const { t } = useTexts();
  const { store } = useLive();
  const selection = createSelection();
  const typeName = useTypeName();
  const kind: Column = {
    key: "type",
    get title() {
      return t("column.type");
    },
    width: 116,
    cell: (resource) => (
      <span class="text-dim" title={typeName(resource().type)}>
        {typeName(resource().type)}
      </span>
    ),
  };
  const readings: Column = {
    key: "readings",
    get title() {
      return t("column.readings");
    },
    width: 340,
    descendingFirst: true,
    cell: (resource) => <ReadingList resource={resource()} most={readingsInRow} />,
  };
  const makeColumns = createColumns();
  const columns = [
    ...makeColumns(["name", "status"], nameWidth),
    kind,
    readings,
    ...makeColumns(["uptime"]).map((column) => ({ ...column, minor: true })),
    ...makeColumns(["seen"]),
  ];
  const listing = createListing({
    sortParameter: "sort",
    keep: (resource) => placeKeyOf(resource) === "services",
    readers: pickReaders(columnKeys),
    fallback: { key: "name", descending: false },
  });
  const sourceIds = createMemo(() => orderSources(store.sources()), [], {
    equals: (before, after) => before.join("\n") === after.join("\n"),
  });
  const rows = createMemo(() => {
    const [ids, sources] = [listing.ids(), sourceIds()];
    return untrack(() =>
      groupRows(ids, sources, (id) => {
        const resource = store.resource(id);
        return resource ? sourceOf(resource) : "";
      }),
    );
  });
  return (
    <Show
      when={listing.total() > 0}
      fallback={<EmptyState title={t("empty.services")} lead={t("empty.servicesLead")} />}
    >
      <div class="flex items-center gap-3 border-b border-line bg-panel px-4 py-2.5">
        <SearchBox
          value={listing.query()}
          onInput={listing.setQuery}
          example="web kind:service source:shop"
        />
        <ShownCount shown={listing.ids().length} total={listing.total()} />
      </div>
      <Show when={rows().length > 0} fallback={<NoMatch listing={listing} />}>
        <ResourceTable
          caption={t("services.caption")}
          columns={columns}
          rows={rows()}
          sort={listing.sort()}
          onSort={listing.toggleSort}
          chosen={selection.id()}
          onOpen={selection.open}
          group={(id) => <SourceHeading id={id} />}
          card={(resource) => <ServiceCard resource={resource()} />}
        />
      </Show>
    </Show>
  );
}
