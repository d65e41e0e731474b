import { createEffect, createMemo, createSignal, For, type JSX, on, Show } from "solid-js";
import type { History, HistoryRange, Resource } from "../../api/types";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import { usePreferences } from "../../state/preferences";
import { Chart, type ChartScale } from "../../ui/Chart";
import { appendLive, isEmpty, rangeMs, toColumns } from "./columns";
import type { Series } from "./series";

/** A new hub has little history: its chart starts with this part of the span and widens. */
const leastShare = 12;

export interface LiveChartProps {
  readonly title: string;
  readonly names: readonly string[];
  /** As many as names. */
  readonly series: readonly Series[];
  readonly scale: ChartScale;
  readonly range: HistoryRange;
  readonly history: History;
  readonly resource: Resource;
  readonly format: (value: number | undefined) => string;
}

/** One chart: the history as loaded, and what arrives while one looks. */
export function LiveChart(props: LiveChartProps): JSX.Element {
  const { t, locale } = useTexts();
  const live = useLive();
  const { shade } = usePreferences();
  const loaded = createMemo(() =>
    toColumns(
      props.history,
      props.series.map((series) => series.metric),
    ),
  );
  const [columns, setColumns] = createSignal(loaded());
  const [pointed, setPointed] = createSignal<number>();
  createEffect(on(loaded, setColumns, { defer: true }));
  createEffect(
    on(live.store.revision, () => {
      if (live.freshness() !== "live" || props.resource.stale || props.resource.status === "offline") return;
      const values = props.series.map((series) => series.read(props.resource));
      if (values.every((value) => value === undefined)) return;
      setColumns((before) => appendLive(before, { time: Date.now(), values }, props.range));
    }),
  );
  const at = () => pointed() ?? columns().times.length - 1;
  const shown = (series: number) => props.format(columns().values[series]?.[at()] ?? undefined);
  const moment = () => {
    const time = columns().times[at()];
    if (pointed() === undefined || time === undefined) return "";
    return new Date(time).toLocaleString(locale(), { dateStyle: "short", timeStyle: "medium" });
  };
  return (
    <Show when={!isEmpty(columns())}>
      <figure>
        <figcaption class="mb-1 flex items-center gap-3">
          <span class="text-dim">{props.title}</span>
          <span class="text-[12px] text-faint tabular-nums">{moment()}</span>
          <span class="ml-auto flex gap-4">
            <For each={props.names}>
              {(name, index) => (
                <span class="num flex items-center gap-1.5">
                  <Show when={props.names.length > 1}>
                    <span
                      aria-hidden="true"
                      class="h-0.5 w-3 rounded-full"
                      style={{ background: `var(--series-${index() + 1})` }}
                    />
                    <span class="text-[12px] text-faint">{name}</span>
                  </Show>
                  <span class="font-medium">{shown(index())}</span>
                </span>
              )}
            </For>
          </span>
        </figcaption>
        <Chart
          label={t("detail.chart", { name: props.title, range: t(`detail.r${props.range}`) })}
          columns={columns()}
          series={props.series.length}
          scale={props.scale}
          leastSpanMs={rangeMs[props.range] / leastShare}
          locale={locale()}
          shade={shade()}
          format={props.format}
          onPoint={setPointed}
        />
      </figure>
    </Show>
  );
}
