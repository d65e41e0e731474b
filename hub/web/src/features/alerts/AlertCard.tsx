import type { JSX } from "solid-js";
import type { Alert } from "../../api/alertTypes";
import { formatAge } from "../../format/times";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import { AlertTitle } from "./AlertTitle";
import { AlertValue } from "./AlertValue";

/** One alert on a phone: what and since when, of what, and its message. */
export function AlertCard(props: { readonly alert: Alert }): JSX.Element {
  const { t } = useTexts();
  const live = useLive();
  return (
    <span class="flex flex-col gap-0.5">
      <span class="flex items-center gap-2">
        <span class="min-w-0 flex-1">
          <AlertTitle alert={props.alert} />
        </span>
        <span class="num text-[12px] text-faint">
          <span class="sr-only">{t("alerts.column.since")} </span>
          {formatAge(live.now() - props.alert.startedAt)}
        </span>
      </span>
      <span class="flex items-center gap-2">
        <span class="min-w-0 flex-1 truncate">{props.alert.resourceName}</span>
        <AlertValue alert={props.alert} />
      </span>
      <span class="truncate text-dim">{props.alert.message}</span>
    </span>
  );
}
