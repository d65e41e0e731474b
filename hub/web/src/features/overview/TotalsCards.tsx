import { A } from "@solidjs/router";
import { createMemo, For, type JSX, Show } from "solid-js";
import type { Resource } from "../../api/types";
import { formatBytes, formatCount, formatRate } from "../../format/numbers";
import { useTexts } from "../../i18n/texts";
import { placeKeyOf } from "../../places/placeOf";
import { useLive } from "../../state/connection";
import { MetricBar } from "../../ui/MetricBar";
import { useTypeName } from "../../ui/typeName";
import { addUp, countStates, isUp, type Totals } from "./totals";

function groupOf(resource: Resource): "hosts" | "nodes" | "guests" | "storage" | "services" {
  if (resource.type === "node") return "nodes";
  if (resource.type === "storage") return "storage";
  const place = placeKeyOf(resource);
  return place === "proxmox" ? "guests" : place;
}

/** What there is of each platform, added up. */
export function TotalsCards(): JSX.Element {
  const { t } = useTexts();
  const { overall } = useLive();
  const groups = createMemo(() => Object.groupBy(overall(), groupOf));
  const hosts = createMemo(() => addUp(groups().hosts ?? []));
  const nodes = createMemo(() => addUp(groups().nodes ?? []));
  const storage = createMemo(() => addUp(groups().storage ?? []));
  const guests = createMemo(() => groups().guests ?? []);
  const running = () => guests().filter(isUp).length;
  return (
    <section class="grid gap-4 sm:grid-cols-2" aria-label={t("overview.totals")}>
      <Show when={hosts().count > 0}>
        <TotalsCard
          href="/hosts"
          title={t("overview.hosts")}
          lead={t("overview.online", { count: hosts().up, total: hosts().count })}
          totals={hosts()}
        />
      </Show>
      <Show when={nodes().count > 0}>
        <TotalsCard
          href="/proxmox"
          title={t("overview.proxmox")}
          lead={`${t("overview.nodes", { count: nodes().up, total: nodes().count })} · ${t("overview.running", { count: running(), total: guests().length })}`}
          totals={{ ...nodes(), ...(storage().disk ? { disk: storage().disk } : {}) } as Totals}
          diskTitle={t("overview.storage")}
        />
      </Show>
      <Show when={groups().services}>{(services) => <ServicesCard resources={services()} />}</Show>
    </section>
  );
}

interface TotalsCardProps {
  readonly href: string;
  readonly title: string;
  readonly lead: string;
  readonly totals: Totals;
  readonly diskTitle?: string;
}

function TotalsCard(props: TotalsCardProps): JSX.Element {
  const { t, locale } = useTexts();
  const amount = (share: Totals["memory"]) =>
    share
      ? t("tip.used", { used: formatBytes(share.used, locale()), total: formatBytes(share.total, locale()) })
      : "";
  const line = (title: string, percent: number | undefined, detail: string) => (
    <div class="grid grid-cols-[64px_1fr] items-center gap-x-3 sm:grid-cols-[72px_1fr_170px]">
      <dt class="truncate text-dim">{title}</dt>
      <dd>
        <MetricBar percent={percent} />
      </dd>
      <dd class="num hidden text-right text-faint sm:block">{detail}</dd>
    </div>
  );
  return (
    <A
      href={props.href}
      class="block rounded-box border border-line bg-panel px-4 py-3.5 hover:border-line-strong"
    >
      <div class="mb-3 flex flex-wrap items-baseline justify-between gap-x-3">
        <h3 class="text-sm font-semibold">{props.title}</h3>
        <span class="num text-dim">{props.lead}</span>
      </div>
      <dl class="flex flex-col gap-2">
        {line(t("column.cpu"), props.totals.cpu, "")}
        {line(t("column.memory"), props.totals.memory?.percent, amount(props.totals.memory))}
        {line(props.diskTitle ?? t("column.disk"), props.totals.disk?.percent, amount(props.totals.disk))}
        <div class="grid grid-cols-[64px_1fr] items-center gap-x-3 sm:grid-cols-[72px_1fr]">
          <dt class="text-dim">{t("overview.network")}</dt>
          <dd class="num flex gap-6 text-dim">
            <span>↓ {formatRate(props.totals.netIn, locale())}</span>
            <span>↑ {formatRate(props.totals.netOut, locale())}</span>
          </dd>
        </div>
      </dl>
    </A>
  );
}

function ServicesCard(props: { readonly resources: readonly Resource[] }): JSX.Element {
  const { t, locale } = useTexts();
  const typeName = useTypeName();
  const states = () =>
    countStates(props.resources)
      .map(({ state, count }) => `${formatCount(count, locale())} ${t(`status.${state}`)}`)
      .join(" · ");
  const types = createMemo(() =>
    Object.entries(Object.groupBy(props.resources, (resource) => resource.type)),
  );
  return (
    <A
      href="/services"
      class="block rounded-box border border-line bg-panel px-4 py-3.5 hover:border-line-strong sm:col-span-2"
    >
      <div class="mb-3 flex flex-wrap items-baseline justify-between gap-x-3">
        <h3 class="text-sm font-semibold">{t("nav.services")}</h3>
        <span class="num text-dim">{states()}</span>
      </div>
      <ul class="grid grid-cols-1 gap-x-10 gap-y-1 sm:grid-cols-2 lg:grid-cols-3">
        <For each={types()}>
          {([type, list]) => (
            <li class="flex items-baseline justify-between gap-4 text-dim">
              <span class="truncate">{typeName(type)}</span>
              <span class="num text-text">
                {t("overview.upOf", { count: (list ?? []).filter(isUp).length, total: list?.length ?? 0 })}
              </span>
            </li>
          )}
        </For>
      </ul>
    </A>
  );
}
