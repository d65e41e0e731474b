import { useQuery } from "@tanstack/solid-query";
import { createEffect, createMemo, createSignal, For, type JSX, Match, on, Show, Switch } from "solid-js";
import { fetchHistory } from "../../api/http";
import type { HistoryMetric, HistoryRange, Resource } from "../../api/types";
import { formatPercent, formatRate } from "../../format/numbers";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import { Button } from "../../ui/Button";
import { Notice } from "../../ui/Notice";
import { Segmented } from "../../ui/Segmented";
import { LiveChart } from "./LiveChart";
import { Section } from "./Section";

/** How the history names the types; others have none. */
const historyTypes: Readonly<Record<string, string>> = {
  host: "host",
  node: "node",
  vm: "vm",
  container: "container",
  "oci-container": "container",
  storage: "storage",
};

const charts = [
  { key: "cpu", metrics: ["cpu"], percent: true },
  { key: "memory", metrics: ["memory"], percent: true },
  { key: "disk", metrics: ["disk"], percent: true },
  { key: "network", metrics: ["netin", "netout"], percent: false },
  { key: "diskIo", metrics: ["diskread", "diskwrite"], percent: false },
] as const satisfies readonly { key: string; metrics: readonly HistoryMetric[]; percent: boolean }[];

/** The charts of a resource, which grow while one looks. */
export function HistoryCharts(props: { readonly resource: Resource }): JSX.Element {
  const { t, locale } = useTexts();
  const live = useLive();
  const [range, setRange] = createSignal<HistoryRange>("1h");
  const id = createMemo(() => props.resource.id);
  const type = createMemo(() => historyTypes[props.resource.type]);
  const query = useQuery(() => ({
    queryKey: ["history", type(), id(), range()],
    queryFn: ({ signal }) =>
      fetchHistory({ resourceType: type() ?? "", resourceId: id(), range: range() }, live.token(), signal),
    enabled: type() !== undefined,
    retry: 1,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    refetchOnWindowFocus: false,
  }));
  // After an interruption the live points have a hole that the hub can fill.
  createEffect(
    on(
      live.freshness,
      (now, before) => {
        if (before === "stale" && now === "live") void query.refetch();
      },
      { defer: true },
    ),
  );
  const names = {
    cpu: () => [t("column.cpu")],
    memory: () => [t("column.memory")],
    disk: () => [t("column.disk")],
    network: () => [t("detail.received"), t("detail.sent")],
    diskIo: () => [t("detail.read"), t("detail.write")],
  } as const;
  const titles = {
    cpu: () => t("column.cpu"),
    memory: () => t("column.memory"),
    disk: () => t("column.disk"),
    network: () => t("detail.network"),
    diskIo: () => t("detail.diskIo"),
  } as const;
  return (
    <Show when={type()}>
      <Section
        title={t("detail.history")}
        aside={
          <Segmented
            label={t("detail.range")}
            value={range()}
            options={[
              { value: "1h", text: t("detail.r1h") },
              { value: "24h", text: t("detail.r24h") },
              { value: "7d", text: t("detail.r7d") },
            ]}
            onChange={setRange}
          />
        }
      >
        <Switch>
          <Match when={query.isPending}>
            <div class="flex h-64 flex-col justify-center gap-3" role="status">
              <span class="sr-only">{t("app.loading")}</span>
              <div class="h-20 animate-pulse rounded-box bg-track" />
              <div class="h-20 animate-pulse rounded-box bg-track" />
            </div>
          </Match>
          <Match when={query.isError}>
            <Notice tone="bad">{t("detail.historyError")}</Notice>
            <Button class="mt-3" onClick={() => void query.refetch()}>
              {t("app.retry")}
            </Button>
          </Match>
          <Match when={query.data}>
            {(history) => (
              <div class="flex flex-col gap-4">
                <For each={charts}>
                  {(chart) => (
                    <LiveChart
                      title={titles[chart.key]()}
                      names={names[chart.key]()}
                      metrics={chart.metrics}
                      percent={chart.percent}
                      range={range()}
                      history={history()}
                      resource={props.resource}
                      format={(value) =>
                        chart.percent ? formatPercent(value, locale()) : formatRate(value, locale())
                      }
                    />
                  )}
                </For>
              </div>
            )}
          </Match>
        </Switch>
      </Section>
    </Show>
  );
}
