import { useSearchParams } from "@solidjs/router";
import { createMemo, type JSX, Show, untrack } from "solid-js";
import type { Resource } from "../../api/types";
import { useTexts } from "../../i18n/texts";
import { createColumns } from "../../listing/createColumns";
import { createListing } from "../../listing/createListing";
import { groupRows } from "../../listing/groupRows";
import { pickReaders, titleOf } from "../../listing/readers";
import { useLive } from "../../state/connection";
import { createSelection } from "../../state/selection";
import { EmptyState } from "../../ui/EmptyState";
import { NoMatch } from "../../ui/NoMatch";
import { ResourceCard } from "../../ui/ResourceCard";
import { ResourceTable } from "../../ui/ResourceTable";
import { SearchBox } from "../../ui/SearchBox";
import { Segmented } from "../../ui/Segmented";
import { ShownCount } from "../../ui/ShownCount";
import { createNarrow } from "../../ui/viewport";
import { NodeHeading } from "./NodeHeading";
import { NodeTable } from "./NodeTable";

const guestTypes: ReadonlySet<string> = new Set(["vm", "container", "oci-container"]);
const columnKeys = [
  "name",
  "status",
  "id",
  "type",
  "cpu",
  "memory",
  "disk",
  "netIn",
  "netOut",
  "diskRead",
  "diskWrite",
  "uptime",
  "backup",
  "tags",
];
const listKeys = ["name", "status", "id", "type", "node", ...columnKeys.slice(4)];

function isGuest(resource: Resource): boolean {
  return resource.platformType === "proxmox-pve" && guestTypes.has(resource.type);
}

/** Proxmox VE: the nodes, and the guests on them. */
export default function Proxmox(): JSX.Element {
  const { t } = useTexts();
  const { store } = useLive();
  const narrow = createNarrow();
  const selection = createSelection();
  const [params, setParams] = useSearchParams();
  const makeColumns = createColumns();
  const grouped = makeColumns(columnKeys);
  const listed = makeColumns(listKeys);
  const layout = () => (params.view === "list" ? "list" : "group");
  const guests = createListing({
    sortParameter: "sort",
    keep: isGuest,
    readers: pickReaders(listKeys),
    fallback: { key: "name", descending: false },
  });
  const nodeIds = createMemo(() => {
    store.ids();
    return untrack(() =>
      store
        .all()
        .filter((resource) => resource.type === "node")
        .sort((left, right) => titleOf(left).localeCompare(titleOf(right), undefined, { numeric: true }))
        .map((resource) => resource.id),
    );
  });
  const rows = createMemo(() => {
    const ids = guests.ids();
    if (layout() === "list") return ids.map((id) => ({ kind: "item", id }) as const);
    return untrack(() => groupRows(ids, nodeIds(), (id) => store.resource(id)?.parentId ?? ""));
  });
  return (
    <Show
      when={nodeIds().length + guests.total() > 0}
      fallback={<EmptyState title={t("empty.proxmox")} lead={t("empty.proxmoxLead")} />}
    >
      <Show when={!narrow() && nodeIds().length > 0}>
        <NodeTable selection={selection} />
      </Show>
      <div class="flex flex-wrap items-center gap-3 border-b border-line bg-panel px-4 py-2.5">
        <h2 class="hidden font-semibold sm:block">{t("proxmox.guests")}</h2>
        <SearchBox
          value={guests.query()}
          onInput={guests.setQuery}
          example="node:pve1 cpu>80 tag:prod type:lxc"
        />
        <ShownCount shown={guests.ids().length} total={guests.total()} />
        <Segmented
          label={t("table.view")}
          value={layout()}
          options={[
            { value: "group", text: t("table.group") },
            { value: "list", text: t("table.list") },
          ]}
          onChange={(view) =>
            setParams({ view: view === "list" ? view : undefined }, { replace: true, scroll: false })
          }
        />
      </div>
      <Show
        when={rows().length > 0}
        fallback={
          <Show when={guests.total() > 0} fallback={<EmptyState title={t("proxmox.noGuests")} />}>
            <NoMatch listing={guests} />
          </Show>
        }
      >
        <ResourceTable
          caption={t("proxmox.guestsCaption")}
          columns={layout() === "list" ? listed : grouped}
          rows={rows()}
          sort={guests.sort()}
          onSort={guests.toggleSort}
          chosen={selection.id()}
          onOpen={selection.open}
          group={(id) => <NodeHeading id={id} onOpen={selection.open} />}
          card={(resource) => <ResourceCard resource={resource()} />}
        />
      </Show>
    </Show>
  );
}
