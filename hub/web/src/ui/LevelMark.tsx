import type { JSX } from "solid-js";
import type { AlertLevel } from "../api/alertTypes";
import { useTexts } from "../i18n/texts";

/** Shape as well as colour: a square when critical, a diamond when a warning; hollow when somebody takes care. */
const shapes: Readonly<Record<AlertLevel, { readonly full: string; readonly hollow: string }>> = {
  critical: { full: "size-2.5 rounded-[2px] bg-bad", hollow: "size-2.5 rounded-[2px] border-2 border-bad" },
  warning: {
    full: "size-2 rotate-45 rounded-[2px] bg-warn",
    hollow: "size-2 rotate-45 rounded-[2px] border-2 border-warn",
  },
};

/** The level of an alert, with its word for screen readers. */
export function LevelMark(props: { readonly level: AlertLevel; readonly hollow?: boolean }): JSX.Element {
  const { t } = useTexts();
  return (
    <span class="inline-flex w-3 shrink-0 items-center justify-center" title={t(`alerts.${props.level}`)}>
      <span aria-hidden="true" class={`${shapes[props.level][props.hollow ? "hollow" : "full"]}`} />
      <span class="sr-only">{t(`alerts.${props.level}`)}</span>
    </span>
  );
}
