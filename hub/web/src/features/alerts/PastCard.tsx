import type { JSX } from "solid-js";
import type { PastAlert } from "../../api/alertTypes";
import { formatMoment } from "../../format/times";
import { useTexts } from "../../i18n/texts";
import { AlertTitle } from "./AlertTitle";
import { EndingText } from "./createPastColumns";

/** One past alert on a phone: what, of what, when, and how it ended. */
export function PastCard(props: { readonly alert: PastAlert }): JSX.Element {
  const { locale } = useTexts();
  return (
    <span class="flex flex-col gap-0.5">
      <span class="flex items-center gap-2">
        <span class="min-w-0 flex-1">
          <AlertTitle alert={props.alert} />
        </span>
        <span class="num text-[12px] text-faint">{formatMoment(props.alert.startedAt, locale())}</span>
      </span>
      <span class="flex items-center gap-2">
        <span class="min-w-0 flex-1 truncate">{props.alert.resourceName}</span>
        <EndingText alert={props.alert} />
      </span>
      <span class="truncate text-dim">{props.alert.message}</span>
    </span>
  );
}
