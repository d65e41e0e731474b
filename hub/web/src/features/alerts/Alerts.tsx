import { useSearchParams } from "@solidjs/router";
import { QueryClient, QueryClientProvider } from "@tanstack/solid-query";
import { type JSX, lazy, onCleanup, Show, Suspense } from "solid-js";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import { createSelection } from "../../state/selection";
import { Segmented } from "../../ui/Segmented";
import { ActiveAlerts } from "./ActiveAlerts";
import { AlertHistory } from "./AlertHistory";
import { createOrders } from "./createOrders";
import { FailureNotice } from "./FailureNotice";
import { TellingNotice } from "./TellingNotice";

const AlertDrawer = lazy(() => import("./AlertDrawer"));

/** What goes on and what went on, and why. */
export default function Alerts(): JSX.Element {
  const { t } = useTexts();
  const live = useLive();
  const queries = new QueryClient();
  onCleanup(() => queries.clear());
  const orders = createOrders({ store: live.alerts, caller: live.caller });
  const selection = createSelection("alert");
  const [params, setParams] = useSearchParams();
  const began = () => Number(params.began) || undefined;
  const past = () => params.view === "history";
  const views = () => (
    <Segmented
      label={t("alerts.view")}
      value={past() ? "history" : "active"}
      options={[
        { value: "active", text: t("alerts.active") },
        { value: "history", text: t("alerts.past") },
      ]}
      // What is filtered by in one means nothing in the other.
      onChange={(view) =>
        setParams(
          {
            view: view === "history" ? view : undefined,
            alert: undefined,
            began: undefined,
            sort: undefined,
            range: undefined,
            page: undefined,
          },
          { scroll: false },
        )
      }
    />
  );
  return (
    <QueryClientProvider client={queries}>
      <div class="flex min-h-0 flex-1">
        <div class="flex min-w-0 flex-1 flex-col">
          <TellingNotice />
          <FailureNotice orders={orders} />
          <Show
            when={past()}
            fallback={<ActiveAlerts orders={orders} selection={selection} lead={views()} />}
          >
            <AlertHistory lead={views()} />
          </Show>
        </div>
        <Show when={selection.id()}>
          {(id) => (
            <Suspense>
              <AlertDrawer id={id()} began={began()} orders={orders} selection={selection} />
            </Suspense>
          )}
        </Show>
      </div>
    </QueryClientProvider>
  );
}
