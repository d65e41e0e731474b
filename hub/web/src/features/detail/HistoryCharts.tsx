import { useQuery } from "@tanstack/solid-query";
import { createEffect, createMemo, createSignal, For, type JSX, Match, on, Show, Switch } from "solid-js";
import { fetchHistory } from "../../api/historyCalls";
import type { History, HistoryMetric, HistoryRange, Resource } from "../../api/types";
import { historyMetrics } from "../../api/types";
import { formatMeasurement } from "../../format/measurement";
import { formatPercent, formatRate } from "../../format/numbers";
import { useTexts } from "../../i18n/texts";
import { measurementTitle } from "../../listing/readings";
import { useLive } from "../../state/connection";
import { Button } from "../../ui/Button";
import type { ChartScale } from "../../ui/Chart";
import { Notice } from "../../ui/Notice";
import { Section } from "../../ui/Section";
import { Segmented } from "../../ui/Segmented";
import { LiveChart } from "./LiveChart";
import { measurementOf, ownSeries, scaleOf, usualSeries } from "./series";

const charts = [
  { key: "cpu", metrics: ["cpu"], scale: "percent" },
  { key: "memory", metrics: ["memory"], scale: "percent" },
  { key: "disk", metrics: ["disk"], scale: "percent" },
  { key: "network", metrics: ["netin", "netout"], scale: "binary" },
  { key: "diskIo", metrics: ["diskread", "diskwrite"], scale: "binary" },
] as const satisfies readonly { key: string; metrics: readonly HistoryMetric[]; scale: ChartScale }[];

/** A source may measure a hundred things of a resource; the first few are drawn. */
const mostOwn = 12;

function sameKeys(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((key, index) => key === right[index]);
}

/** The charts of a resource, which grow while one looks. */
export function HistoryCharts(props: { readonly resource: Resource }): JSX.Element {
  const { t, locale } = useTexts();
  const live = useLive();
  const [range, setRange] = createSignal<HistoryRange>("1h");
  const id = createMemo(() => props.resource.id);
  const type = createMemo(() => props.resource.type);
  // By key, so that a chart stays when only its values are new.
  const own = createMemo(
    () => props.resource.measurements.slice(0, mostOwn).map((measurement) => measurement.key),
    [],
    { equals: sameKeys },
  );
  const hasNothing = (history: History) =>
    own().length === 0 &&
    historyMetrics.every(
      (metric) =>
        (history[metric] ?? []).length === 0 && usualSeries[metric].read(props.resource) === undefined,
    );
  const query = useQuery(() => ({
    queryKey: ["history", type(), id(), range()],
    queryFn: ({ signal }) =>
      fetchHistory({ resourceType: type(), resourceId: id(), range: range() }, live.caller, signal),
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
                    series={chart.metrics.map((metric) => usualSeries[metric])}
                    scale={chart.scale}
                    range={range()}
                    history={history()}
                    resource={props.resource}
                    format={(value) =>
                      chart.scale === "percent" ? formatPercent(value, locale()) : formatRate(value, locale())
                    }
                  />
                )}
              </For>
              <For each={own()}>
                {(key) => (
                  <Show when={measurementOf(props.resource, key)}>
                    {(measurement) => (
                      <LiveChart
                        title={measurementTitle(measurement())}
                        names={[measurement().name]}
                        series={[ownSeries(key)]}
                        scale={scaleOf(measurement().unit)}
                        range={range()}
                        history={history()}
                        resource={props.resource}
                        format={(value) => formatMeasurement(value, measurement().unit, locale())}
                      />
                    )}
                  </Show>
                )}
              </For>
              <Show when={hasNothing(history())}>
                <p class="text-dim">{t("detail.noHistory")}</p>
              </Show>
            </div>
          )}
        </Match>
      </Switch>
    </Section>
  );
}
