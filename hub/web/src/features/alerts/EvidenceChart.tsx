import { createMemo, createSignal, type JSX, Show } from "solid-js";
import type { Explanation } from "../../api/alertTypes";
import { formatAlertValue, isPercent } from "../../format/alertValue";
import { useTexts } from "../../i18n/texts";
import { usePreferences } from "../../state/preferences";
import { useAlertType } from "../../ui/alertType";
import { Chart } from "../../ui/Chart";

/** A few samples are not drawn wider than this. */
const leastSpanMs = 15 * 60_000;
/** What is over the whole is drawn all the same. */
const wholePercent = 100;

/** What was measured around the beginning of an alert, with the threshold across; nothing of what is not measured. */
export function EvidenceChart(props: { readonly explanation: Explanation }): JSX.Element {
  const { t, locale } = useTexts();
  const { shade } = usePreferences();
  const typeName = useAlertType();
  const [pointed, setPointed] = createSignal<number>();
  const evidence = () => props.explanation.evidence;
  const type = () => props.explanation.alert.type;
  const samples = () => evidence().samples;
  const columns = createMemo(() => ({
    times: samples().map(([at]) => at),
    values: [samples().map(([, value]) => value)],
  }));
  const limits = createMemo(() => (evidence().threshold === 0 ? [] : [evidence().threshold]));
  const scale = () =>
    isPercent(type()) && samples().every(([, value]) => value <= wholePercent) ? "percent" : "plain";
  const caption = () => {
    const sample = samples()[pointed() ?? -1];
    if (!sample) return "";
    const time = new Date(sample[0]).toLocaleString(locale(), { dateStyle: "short", timeStyle: "medium" });
    return `${time}  ${formatAlertValue(sample[1], type(), locale())}`;
  };
  return (
    <Show
      when={samples().length > 0}
      fallback={
        <Show when={evidence().samplesMissing}>
          {(reason) => <p class="mt-3 text-dim">{t("alerts.why.noSamples", { reason: reason() })}</p>}
        </Show>
      }
    >
      <figure class="mt-4">
        <figcaption class="mb-1 flex items-center justify-between gap-3 text-[12px] text-faint tabular-nums">
          <span class="flex items-center gap-1.5">
            <Show when={limits().length > 0}>
              <span aria-hidden="true" class="w-4 border-t border-dashed border-bad" />
              {t("alerts.why.threshold")}
            </Show>
          </span>
          <span>{caption()}</span>
        </figcaption>
        <Chart
          label={t("alerts.why.chart", { name: typeName(type()) })}
          columns={columns()}
          series={1}
          limits={limits()}
          scale={scale()}
          leastSpanMs={leastSpanMs}
          locale={locale()}
          shade={shade()}
          format={(value) => formatAlertValue(value, type(), locale())}
          onPoint={setPointed}
        />
      </figure>
    </Show>
  );
}
