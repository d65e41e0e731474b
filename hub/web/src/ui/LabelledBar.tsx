import { type JSX, Show } from "solid-js";
import { formatPercent, none } from "../format/numbers";
import { useTexts } from "../i18n/texts";
import { levelFill, levelOf, levelText } from "./levels";

export interface LabelledBarProps {
  readonly title: string;
  /** 0–100; undefined when nobody measured it. */
  readonly percent: number | undefined;
}

/** A percentage under its name, where there is no column to say what it is. */
export function LabelledBar(props: LabelledBarProps): JSX.Element {
  const { locale } = useTexts();
  return (
    <span class="flex min-w-0 flex-1 flex-col gap-1.5">
      <span class="flex items-baseline justify-between gap-2 leading-none">
        <span class="truncate text-[12px] text-faint">{props.title}</span>
        <Show when={props.percent !== undefined} fallback={<span class="text-faint">{none}</span>}>
          <span class={`num ${levelText[levelOf(props.percent ?? 0)]}`}>
            {formatPercent(props.percent, locale())}
          </span>
        </Show>
      </span>
      <span class="h-1.5 overflow-hidden rounded-full bg-track" aria-hidden="true">
        <span
          class={`bar-fill block h-full rounded-full ${levelFill[levelOf(props.percent ?? 0)]}`}
          style={{ width: `${Math.min(100, props.percent ?? 0)}%` }}
        />
      </span>
    </span>
  );
}
