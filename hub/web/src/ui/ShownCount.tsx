import type { JSX } from "solid-js";
import { formatCount } from "../format/numbers";
import { useTexts } from "../i18n/texts";

/** How many rows of how many a search leaves. */
export function ShownCount(props: { readonly shown: number; readonly total: number }): JSX.Element {
  const { t, locale } = useTexts();
  return (
    <span class="ml-auto shrink-0 text-dim tabular-nums" aria-live="polite">
      {props.shown === props.total
        ? formatCount(props.total, locale())
        : t("table.shown", {
            shown: formatCount(props.shown, locale()),
            total: formatCount(props.total, locale()),
          })}
    </span>
  );
}
