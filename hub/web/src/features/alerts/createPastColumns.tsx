import { type JSX, Show } from "solid-js";
import type { PastAlert } from "../../api/alertTypes";
import { formatDuration, formatMoment } from "../../format/times";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import type { Column } from "../../ui/tableModel";
import { AlertTitle } from "./AlertTitle";
import { AlertValue } from "./AlertValue";

/** How an alert ended, or that it goes on. */
export function EndingText(props: { readonly alert: PastAlert }): JSX.Element {
  const { t } = useTexts();
  return (
    <Show
      when={props.alert.endedAt !== undefined}
      fallback={<span class="font-medium text-warn">{t("alerts.history.goesOn")}</span>}
    >
      <span class="text-dim">{props.alert.ending ? t(`alerts.ending.${props.alert.ending}`) : ""}</span>
    </Show>
  );
}

/** The columns of past alerts; the hub has them in one order only. */
export function createPastColumns(): readonly Column<PastAlert>[] {
  const { t, locale } = useTexts();
  const live = useLive();
  const titled = (
    key: "alert" | "resource" | "message" | "value" | "began" | "lasted" | "ended",
    spec: Omit<Column<PastAlert>, "key" | "title">,
  ): Column<PastAlert> => ({
    ...spec,
    key,
    fixed: true,
    get title() {
      return t(`alerts.column.${key}`);
    },
  });
  const lasted = (alert: PastAlert) => ((alert.endedAt ?? live.now()) - alert.startedAt) / 1000;
  return [
    titled("alert", { width: 190, cell: (alert) => <AlertTitle alert={alert()} /> }),
    titled("resource", {
      width: 160,
      cell: (alert) => <span title={alert().resourceName}>{alert().resourceName}</span>,
    }),
    titled("message", {
      width: 260,
      minor: true,
      cell: (alert) => (
        <span class="text-dim" title={alert().message}>
          {alert().message}
        </span>
      ),
    }),
    titled("value", {
      width: 130,
      right: true,
      minor: true,
      cell: (alert) => <AlertValue alert={alert()} />,
    }),
    titled("began", {
      width: 160,
      right: true,
      cell: (alert) => <span class="num text-dim">{formatMoment(alert().startedAt, locale())}</span>,
    }),
    titled("lasted", {
      width: 80,
      right: true,
      cell: (alert) => <span class="num">{formatDuration(lasted(alert()))}</span>,
    }),
    titled("ended", { width: 130, cell: (alert) => <EndingText alert={alert()} /> }),
  ];
}
