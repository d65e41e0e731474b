import { type JSX, Show } from "solid-js";
import { formatCount } from "../../format/numbers";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";

export interface AlertBadgeProps {
  /** Shows the worst level only; both are there for screen readers. */
  readonly brief?: boolean;
}

/** How many alerts nobody takes care of, by level; nothing when there are none. */
export function AlertBadge(props: AlertBadgeProps): JSX.Element {
  const { t, locale } = useTexts();
  const { alerts } = useLive();
  const count = (level: "critical" | "warning") => formatCount(alerts.open()[level], locale());
  return (
    <Show when={alerts.open().critical + alerts.open().warning > 0}>
      <span class="sr-only">
        {t("alerts.counts", { critical: count("critical"), warning: count("warning") })}
      </span>
      <span class="flex gap-1 text-[11px] leading-4 font-semibold tabular-nums" aria-hidden="true">
        <Show when={alerts.open().critical > 0}>
          <span class="min-w-5 rounded-full bg-bad-soft px-1.5 text-center text-bad">
            {count("critical")}
          </span>
        </Show>
        <Show when={alerts.open().warning > 0 && !(props.brief && alerts.open().critical > 0)}>
          <span class="min-w-5 rounded-full bg-warn-soft px-1.5 text-center text-warn">
            {count("warning")}
          </span>
        </Show>
      </span>
    </Show>
  );
}
