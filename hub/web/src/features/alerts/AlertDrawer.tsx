import { useQuery } from "@tanstack/solid-query";
import { createEffect, createMemo, type JSX, Match, on, Show, Switch } from "solid-js";
import { fetchExplanation } from "../../api/alertCalls";
import type { Alert } from "../../api/alertTypes";
import { RequestError } from "../../api/http";
import { formatMoment } from "../../format/times";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import type { Selection } from "../../state/selection";
import { Button } from "../../ui/Button";
import { Drawer } from "../../ui/Drawer";
import { Notice } from "../../ui/Notice";
import { AlertActions } from "./AlertActions";
import { AlertHeading } from "./AlertHeading";
import { useAlertName } from "./alertName";
import type { Orders } from "./createOrders";
import { Why } from "./Why";

export interface AlertDrawerProps {
  readonly id: string;
  /** When the time of it began that is meant, in Unix milliseconds; absent: the newest. */
  readonly began: number | undefined;
  readonly orders: Orders;
  readonly selection: Selection;
}

/** One alert: what it is, what to do about it, and why it is there. */
export default function AlertDrawer(props: AlertDrawerProps): JSX.Element {
  const { t, locale } = useTexts();
  const live = useLive();
  const name = useAlertName();
  const query = useQuery(() => ({
    queryKey: ["why", props.id],
    queryFn: ({ signal }) => fetchExplanation(props.id, live.caller, signal),
    retry: (count, error) => count < 1 && !(error instanceof RequestError && error.status === 404),
    staleTime: 0,
  }));
  const active = createMemo(() => live.alerts.alert(props.id));
  const alert = (): Alert | undefined => active() ?? (query.isSuccess ? query.data.alert : undefined);
  // What is decided about it, or done by people, changes why.
  const decided = createMemo(() => {
    const current = active();
    return current && `${current.level} ${current.acknowledged} ${current.startedAt}`;
  });
  createEffect(on([decided, props.orders.answered], () => void query.refetch(), { defer: true }));
  const newer = () =>
    props.began !== undefined && query.isSuccess && query.data.alert.startedAt > props.began;
  const gone = () => query.error instanceof RequestError && query.error.status === 404;
  const title = () => {
    const shown = alert();
    return shown ? name(shown) : props.id;
  };
  return (
    <Drawer
      label={t("alerts.why.label", { name: title() })}
      heading={
        <Show when={alert()} fallback={<h2 class="truncate text-base font-semibold">{props.id}</h2>}>
          {(shown) => <AlertHeading alert={shown()} />}
        </Show>
      }
      onClose={props.selection.close}
    >
      <div class="flex flex-col gap-3 px-5 pb-4">
        <Show when={alert()}>{(shown) => <p class="break-words">{shown().message}</p>}</Show>
        <Show when={active()}>
          {(current) => (
            <>
              <Show when={current().acknowledged && current().ackUser}>
                {(user) => (
                  <p class="text-dim">
                    {t("alerts.ackBy", { user: user() })}, {formatMoment(current().ackAt, locale())}
                  </p>
                )}
              </Show>
              <AlertActions
                alert={current()}
                onOrder={(order) => void props.orders.give(order, [current().id])}
              />
            </>
          )}
        </Show>
        <Show when={newer()}>
          <Notice tone="warn">{t("alerts.why.newer")}</Notice>
        </Show>
        <Show when={!active() && query.isSuccess}>
          <p class="text-dim">{t("alerts.why.over")}</p>
        </Show>
      </div>
      <Switch>
        <Match when={query.isPending}>
          <p class="px-5 text-dim" role="status">
            {t("alerts.why.loading")}
          </p>
        </Match>
        <Match when={query.isError && gone()}>
          <p class="px-5 text-dim">{t("alerts.why.gone")}</p>
        </Match>
        <Match when={query.isError}>
          <div class="px-5">
            <Notice tone="bad">{t("alerts.why.error")}</Notice>
            <Button class="mt-3" onClick={() => void query.refetch()}>
              {t("app.retry")}
            </Button>
          </div>
        </Match>
        <Match when={query.data}>
          {(found) => (
            <Why explanation={found()} active={active()} onOpen={(id) => props.selection.open(id)} />
          )}
        </Match>
      </Switch>
    </Drawer>
  );
}
