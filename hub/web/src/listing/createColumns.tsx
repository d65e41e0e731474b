import { type JSX, Show } from "solid-js";
import { asNumber, asText } from "../api/json";
import type { Rates, Resource } from "../api/types";
import { formatCelsius, formatRate, none } from "../format/numbers";
import { formatAge, formatDuration } from "../format/times";
import { useTexts } from "../i18n/texts";
import { useLive } from "../state/connection";
import { AlertMark } from "../ui/AlertMark";
import { heatOf, levelText } from "../ui/levels";
import { MetricBar } from "../ui/MetricBar";
import { ResourceName } from "../ui/ResourceName";
import { StatusMark } from "../ui/StatusMark";
import { TagList } from "../ui/TagList";
import type { Column } from "../ui/tableModel";
import { lastBackupOf, measuredPercent, readers, systemOf, titleOf } from "./readers";

type Cell = (resource: () => Resource) => JSX.Element;

/** A backup older than this deserves a look. */
const oldBackupMs = 2 * 86_400_000;

/** What Proxmox calls its kinds of guests. */
const guestTypes: Readonly<Record<string, string>> = { vm: "VM", container: "LXC", "oci-container": "OCI" };

/** Room for a machine's title with its own name beside it, in pixels. */
export const machineNameWidth = 216;

/** All columns a table of resources may have, by key; the name's width in pixels may be another than usual. */
export function createColumns(): (keys: readonly string[], nameWidth?: number) => readonly Column[] {
  const { t, locale } = useTexts();
  const live = useLive();

  const number =
    (text: (resource: Resource) => string): Cell =>
    (resource) => <span class="num text-dim">{text(resource())}</span>;
  const plain =
    (text: (resource: Resource) => string | undefined): Cell =>
    (resource) => (
      <span class="text-dim" title={text(resource())}>
        {text(resource()) ?? none}
      </span>
    );
  const rate = (key: keyof Rates) => number((resource) => formatRate(resource.rates?.[key], locale()));
  const bar =
    (key: "cpu" | "memory" | "disk"): Cell =>
    (resource) => <MetricBar percent={measuredPercent(resource(), key)} tip={key} />;
  const age = (resource: Resource) =>
    formatAge(resource.lastSeen === undefined ? undefined : live.now() - resource.lastSeen);

  const cells: Readonly<
    Record<
      string,
      {
        readonly width: number;
        readonly right?: boolean;
        readonly down?: boolean;
        readonly minor?: boolean;
        readonly cell: Cell;
      }
    >
  > = {
    name: {
      width: 170,
      cell: (resource) => (
        <span class="font-medium text-text" title={titleOf(resource())}>
          <AlertMark resource={resource().id} />
          <ResourceName resource={resource()} />
        </span>
      ),
    },
    status: {
      width: 94,
      cell: (resource) => <StatusMark status={resource().status} stale={resource().stale} />,
    },
    cpu: { width: 92, down: true, cell: bar("cpu") },
    memory: { width: 92, down: true, cell: bar("memory") },
    disk: { width: 92, down: true, cell: bar("disk") },
    netIn: { width: 86, right: true, down: true, cell: rate("netIn") },
    netOut: { width: 86, right: true, down: true, cell: rate("netOut") },
    diskRead: { width: 86, right: true, down: true, minor: true, cell: rate("diskRead") },
    diskWrite: { width: 86, right: true, down: true, minor: true, cell: rate("diskWrite") },
    temperature: {
      width: 72,
      right: true,
      down: true,
      cell: (resource) => (
        <span class={`num ${levelText[heatOf(resource().temperature ?? 0)] || "text-dim"}`}>
          {formatCelsius(resource().temperature, locale())}
        </span>
      ),
    },
    uptime: {
      width: 80,
      right: true,
      down: true,
      cell: number((resource) => formatDuration(resource.uptime || undefined)),
    },
    os: { width: 170, cell: plain(systemOf) },
    agent: { width: 62, minor: true, cell: plain((resource) => asText(resource.platformData.agentVersion)) },
    version: { width: 84, minor: true, cell: plain((resource) => asText(resource.platformData.pveVersion)) },
    seen: { width: 58, right: true, down: true, cell: number(age) },
    id: {
      width: 48,
      right: true,
      cell: number((resource) => asNumber(resource.platformData.vmid)?.toString() ?? none),
    },
    type: { width: 46, cell: plain((resource) => guestTypes[resource.type]) },
    node: { width: 72, cell: plain((resource) => asText(resource.platformData.node)) },
    tags: {
      width: 96,
      // One line: tags without room in it wrap out of sight rather than being cut.
      cell: (resource) => (
        <span class="block h-[18px] overflow-hidden" title={resource().tags.join(", ")}>
          <TagList tags={resource().tags} />
        </span>
      ),
    },
    backup: {
      width: 66,
      right: true,
      cell: (resource) => {
        const since = () => {
          const at = lastBackupOf(resource());
          return at === undefined ? undefined : live.now() - at;
        };
        return (
          <Show when={since() !== undefined} fallback={<span class="text-faint">{t("detail.never")}</span>}>
            <span class={`num ${(since() ?? 0) > oldBackupMs ? "font-medium text-warn" : "text-dim"}`}>
              {formatAge(since())}
            </span>
          </Show>
        );
      },
    },
  };

  return (keys, nameWidth) =>
    keys.flatMap((key) => {
      const spec = cells[key];
      if (!spec) return [];
      return {
        key,
        // The key is one of the table above, each of which has a title in the catalogue.
        get title() {
          return t(`column.${key}` as "column.name");
        },
        width: key === "name" && nameWidth !== undefined ? nameWidth : spec.width,
        right: spec.right ?? false,
        fixed: !readers.has(key),
        descendingFirst: spec.down ?? false,
        minor: spec.minor ?? false,
        cell: spec.cell,
      };
    });
}
