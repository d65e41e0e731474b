import { type JSX, Show } from "solid-js";
import { formatPercent, none } from "../format/numbers";
import { useTexts } from "../i18n/texts";
import { levelFill, levelOf, levelText } from "./levels";

export interface MetricBarProps {
  /** 0–100; undefined when nobody measured it. */
  readonly percent: number | undefined;
  readonly tip?: string;
}

/** A percentage as number and bar. */
export function MetricBar(props: MetricBarProps): JSX.Element {
  const { locale } = useTexts();
  return (
    <Show when={props.percent !== undefined} fallback={<span class="text-faint">{none}</span>}>
      <span class="flex items-center gap-2" data-tip={props.tip}>
        <span class={`num w-[34px] shrink-0 text-right ${levelText[levelOf(props.percent ?? 0)]}`}>
          {formatPercent(props.percent, locale())}
        </span>
        <span class="h-1.5 min-w-4 flex-1 overflow-hidden rounded-full bg-track" aria-hidden="true">
          <span
            class={`bar-fill block h-full rounded-full ${levelFill[levelOf(props.percent ?? 0)]}`}
            style={{ width: `${Math.min(100, props.percent ?? 0)}%` }}
          />
        </span>
      </span>
    </Show>
  );
}
