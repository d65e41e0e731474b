import { createMemo, type JSX, Show } from "solid-js";
import { useTexts } from "../../i18n/texts";
import { createColumns, machineNameWidth } from "../../listing/createColumns";
import { createListing } from "../../listing/createListing";
import { pickReaders } from "../../listing/readers";
import { createSelection } from "../../state/selection";
import { EmptyState } from "../../ui/EmptyState";
import { InstallCommand } from "../../ui/InstallCommand";
import { NoMatch } from "../../ui/NoMatch";
import { ResourceCard } from "../../ui/ResourceCard";
import { ResourceTable } from "../../ui/ResourceTable";
import { SearchBox } from "../../ui/SearchBox";
import { ShownCount } from "../../ui/ShownCount";

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
  "os",
  "agent",
  "seen",
];

/** The machines with an agent. */
export default function Hosts(): JSX.Element {
  const { t } = useTexts();
  const selection = createSelection();
  const columns = createColumns()(columnKeys, machineNameWidth);
  const listing = createListing({
    sortParameter: "sort",
    keep: (resource) => resource.type === "host",
    readers: pickReaders(columnKeys),
    fallback: { key: "name", descending: false },
  });
  const rows = createMemo(() => listing.ids().map((id) => ({ kind: "item", id }) as const));
  return (
    <Show
      when={listing.total() > 0}
      fallback={
        <EmptyState title={t("empty.hosts")} lead={t("empty.lead")}>
          <InstallCommand />
        </EmptyState>
      }
    >
      <div class="flex items-center gap-3 border-b border-line bg-panel px-4 py-2.5">
        <SearchBox value={listing.query()} onInput={listing.setQuery} example="web cpu>80 tag:prod" />
        <ShownCount shown={listing.ids().length} total={listing.total()} />
      </div>
      <Show when={rows().length > 0} fallback={<NoMatch listing={listing} />}>
        <ResourceTable
          caption={t("hosts.caption")}
          columns={columns}
          rows={rows()}
          sort={listing.sort()}
          onSort={listing.toggleSort}
          chosen={selection.id()}
          onOpen={selection.open}
          card={(resource) => <ResourceCard resource={resource()} />}
        />
      </Show>
    </Show>
  );
}
