import { createMemo, type JSX, Match, Show, Switch } from "solid-js";
import type { AlertOrder } from "../../api/alertCalls";
import type { Alert } from "../../api/alertTypes";
import { formatCount } from "../../format/numbers";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import type { Selection } from "../../state/selection";
import { useAlertType } from "../../ui/alertType";
import { Button } from "../../ui/Button";
import { DataTable } from "../../ui/DataTable";
import { EmptyState } from "../../ui/EmptyState";
import { Loading } from "../../ui/Loading";
import { AlertCard } from "./AlertCard";
import { AlertFilters } from "./AlertFilters";
import { ChooseBox } from "./ChooseBox";
import { ChosenBar } from "./ChosenBar";
import { createAlertColumns } from "./createAlertColumns";
import { createChosen } from "./createChosen";
import { createFilter } from "./createFilter";
import type { Orders } from "./createOrders";
import { alertRows, matchesFilter } from "./filterAlerts";

export interface ActiveAlertsProps {
  readonly orders: Orders;
  readonly selection: Selection;
  /** Stands before the filters. */
  readonly lead: JSX.Element;
}

/** What goes on: filtered, sorted, and to be acknowledged one by one or many at once. */
export function ActiveAlerts(props: ActiveAlertsProps): JSX.Element {
  const { t, locale } = useTexts();
  const { alerts } = useLive();
  const typeName = useAlertType();
  const state = createFilter();
  const matching = createMemo(() => {
    const filter = state.filter();
    return alerts.all().filter((alert) => matchesFilter(alert, filter, typeName(alert.type)));
  });
  const rows = createMemo(() => alertRows(matching(), state.sort()));
  const listed = createMemo(() => rows().flatMap((row) => (row.kind === "item" ? [row.id] : [])));
  const chosen = createChosen(listed);
  const give = (order: AlertOrder, ids: readonly string[]) => void props.orders.give(order, ids);
  const columns = createAlertColumns((order, alert) => give(order, [alert.id]));

  function acknowledgeChosen(): void {
    const open = chosen.ids().filter((id) => alerts.alert(id)?.acknowledged === false);
    if (open.length > 0) give("acknowledge", open);
    chosen.clear();
  }
  function onKey(key: string, id: string): boolean {
    if (key === "x") chosen.toggle(id);
    else if (key === "a" && chosen.ids().length > 0) acknowledgeChosen();
    else if (key === "a") give(alerts.alert(id)?.acknowledged ? "unacknowledge" : "acknowledge", [id]);
    else return false;
    return true;
  }
  const heading = (id: string) => {
    const acknowledged = id === "acknowledged";
    const count = () => matching().filter((alert) => alert.acknowledged === acknowledged).length;
    return (
      <span class="font-medium text-dim">
        {t(acknowledged ? "alerts.acknowledged" : "alerts.open")}{" "}
        <span class="font-normal text-faint tabular-nums">{formatCount(count(), locale())}</span>
      </span>
    );
  };
  return (
    <>
      <div class="flex shrink-0 flex-wrap items-center gap-3 border-b border-line bg-panel px-4 py-2.5">
        {props.lead}
        <AlertFilters state={state} shown={matching().length} />
      </div>
      <Switch>
        <Match when={!alerts.ready()}>
          <Loading text={t("alerts.waiting")} />
        </Match>
        <Match when={rows().length === 0 && state.isFiltered()}>
          <EmptyState title={t("alerts.noMatch")}>
            <Button onClick={state.reset}>{t("alerts.reset")}</Button>
          </EmptyState>
        </Match>
        <Match when={rows().length === 0}>
          <EmptyState title={t("alerts.none")} lead={t("alerts.noneLead")} />
        </Match>
        <Match when={rows().length > 0}>
          <ChosenBar chosen={chosen} listed={listed().length} onAcknowledge={acknowledgeChosen} />
          <Show when={alerts.beyond() > 0}>
            <p class="shrink-0 border-b border-line bg-panel px-4 py-2 text-dim">
              {t("alerts.beyond", {
                shown: formatCount(alerts.all().length, locale()),
                count: formatCount(alerts.beyond(), locale()),
              })}
            </p>
          </Show>
          <DataTable<Alert>
            caption={t("alerts.caption")}
            columns={columns}
            rows={rows()}
            item={alerts.alert}
            sort={state.sort()}
            onSort={state.toggleSort}
            chosen={props.selection.id()}
            onOpen={props.selection.open}
            group={heading}
            lead={(alert) => (
              <ChooseBox
                alert={alert()}
                checked={chosen.has(alert().id)}
                onToggle={() => chosen.toggle(alert().id)}
              />
            )}
            card={(alert) => <AlertCard alert={alert()} />}
            onKey={onKey}
          />
        </Match>
      </Switch>
    </>
  );
}
