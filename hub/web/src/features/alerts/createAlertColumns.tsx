import type { AlertOrder } from "../../api/alertCalls";
import type { Alert } from "../../api/alertTypes";
import { formatAge, formatMoment } from "../../format/times";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import type { Column } from "../../ui/tableModel";
import { AlertTitle } from "./AlertTitle";
import { AlertValue } from "./AlertValue";
import { ResourceLink } from "./ResourceLink";
import { RowActions } from "./RowActions";

/** The columns of active alerts. */
export function createAlertColumns(
  onOrder: (order: AlertOrder, alert: Alert) => void,
): readonly Column<Alert>[] {
  const { t, locale } = useTexts();
  const live = useLive();
  return [
    {
      key: "level",
      get title() {
        return t("alerts.column.alert");
      },
      width: 210,
      cell: (alert) => <AlertTitle alert={alert()} />,
    },
    {
      key: "resource",
      get title() {
        return t("alerts.column.resource");
      },
      width: 170,
      cell: (alert) => <ResourceLink alert={alert()} />,
    },
    {
      key: "message",
      get title() {
        return t("alerts.column.message");
      },
      width: 300,
      fixed: true,
      minor: true,
      cell: (alert) => (
        <span class="text-dim" title={alert().message}>
          {alert().message}
        </span>
      ),
    },
    {
      key: "value",
      get title() {
        return t("alerts.column.value");
      },
      width: 130,
      right: true,
      fixed: true,
      cell: (alert) => <AlertValue alert={alert()} />,
    },
    {
      key: "since",
      get title() {
        return t("alerts.column.since");
      },
      width: 64,
      right: true,
      cell: (alert) => (
        <span class="num text-dim" title={formatMoment(alert().startedAt, locale())}>
          {formatAge(live.now() - alert().startedAt)}
        </span>
      ),
    },
    {
      key: "node",
      get title() {
        return t("column.node");
      },
      width: 110,
      minor: true,
      cell: (alert) => (
        <span class="text-dim" title={alert().instance}>
          {alert().node}
        </span>
      ),
    },
    {
      key: "actions",
      get title() {
        return t("alerts.column.actions");
      },
      width: 82,
      right: true,
      fixed: true,
      cell: (alert) => <RowActions alert={alert()} onOrder={(order) => onOrder(order, alert())} />,
    },
  ];
}
