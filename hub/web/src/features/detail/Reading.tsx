import { type JSX, Show } from "solid-js";
import type { Metric, Resource } from "../../api/types";
import { formatBytes, formatCelsius, formatPercent, formatRate } from "../../format/numbers";
import { formatDuration } from "../../format/times";
import { useTexts } from "../../i18n/texts";
import { heatOf, levelFill, levelOf, levelText } from "../../ui/levels";

/** The numbers of now. */
export function Reading(props: { readonly resource: Resource }): JSX.Element {
  const { t, locale } = useTexts();
  const amount = (metric: Metric) =>
    metric.used === undefined || metric.total === undefined
      ? ""
      : t("tip.used", {
          used: formatBytes(metric.used, locale()),
          total: formatBytes(metric.total, locale()),
        });
  const gauge = (key: "cpu" | "memory" | "disk") => (
    <Show when={props.resource[key]}>
      {(metric) => (
        <div class="flex flex-col gap-1.5">
          <div class="flex items-baseline justify-between gap-3">
            <span class="text-dim">{t(`column.${key}`)}</span>
            <span class="num ml-auto text-[12px] text-faint">{amount(metric())}</span>
            <span class={`num w-11 text-right text-sm font-semibold ${levelText[levelOf(metric().current)]}`}>
              {formatPercent(metric().current, locale())}
            </span>
          </div>
          <div class="h-1.5 overflow-hidden rounded-full bg-track" aria-hidden="true">
            <div
              class={`bar-fill h-full rounded-full ${levelFill[levelOf(metric().current)]}`}
              style={{ width: `${Math.min(100, metric().current)}%` }}
            />
          </div>
        </div>
      )}
    </Show>
  );
  const cell = (title: string, value: string, look = "") => (
    <div>
      <div class="text-[12px] text-faint">{title}</div>
      <div class={`num ${look}`}>{value}</div>
    </div>
  );
  return (
    <div class="flex flex-col gap-3.5 px-5 pt-1 pb-4">
      {gauge("cpu")}
      {gauge("memory")}
      {gauge("disk")}
      <div class="grid grid-cols-4 gap-3">
        <Show when={props.resource.rates}>
          {(rates) => (
            <>
              {cell(t("column.netIn"), formatRate(rates().netIn, locale()))}
              {cell(t("column.netOut"), formatRate(rates().netOut, locale()))}
            </>
          )}
        </Show>
        <Show when={props.resource.temperature}>
          {(degrees) =>
            cell(t("column.temperature"), formatCelsius(degrees(), locale()), levelText[heatOf(degrees())])
          }
        </Show>
        <Show when={props.resource.uptime}>
          {(uptime) => cell(t("column.uptime"), formatDuration(uptime()))}
        </Show>
      </div>
    </div>
  );
}
