import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { createSignal, type JSX, Show } from "solid-js";
import { activateAlerts, fetchTelling } from "../../api/alertCalls";
import type { Telling } from "../../api/alertTypes";
import { RequestError, type RequestFailure } from "../../api/http";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import { Button } from "../../ui/Button";
import { Notice } from "../../ui/Notice";

/** Says so while nobody is told of alerts, and begins to tell. */
export function TellingNotice(): JSX.Element {
  const { t } = useTexts();
  const live = useLive();
  const queries = useQueryClient();
  const key = ["telling"];
  const query = useQuery(() => ({
    queryKey: key,
    queryFn: ({ signal }) => fetchTelling(live.caller, signal),
    retry: 1,
    staleTime: 30_000,
  }));
  const [busy, setBusy] = createSignal(false);
  const [failure, setFailure] = createSignal<RequestFailure>();
  const silent = (): Exclude<Telling, "active"> | undefined =>
    query.isSuccess && query.data !== "active" ? query.data : undefined;

  async function activate(): Promise<void> {
    setBusy(true);
    setFailure(undefined);
    try {
      await activateAlerts(live.caller);
      queries.setQueryData<Telling>(key, "active");
    } catch (error) {
      setFailure(error instanceof RequestError ? error.kind : "refused");
    }
    setBusy(false);
  }
  return (
    <Show when={silent()}>
      {(telling) => (
        <div class="shrink-0 bg-panel px-4 pt-2.5">
          <Notice tone={failure() ? "bad" : "warn"}>
            <span class="flex flex-wrap items-center gap-x-4 gap-y-1.5">
              <span class="min-w-0">{t(`alerts.telling.${telling()}`)}</span>
              <Show when={telling() !== "disabled"}>
                <Button disabled={busy()} onClick={() => void activate()}>
                  {t(telling() === "snoozed" ? "alerts.telling.resume" : "alerts.telling.begin")}
                </Button>
              </Show>
              <Show when={failure()}>
                {(why) => (
                  <span>
                    {t("alerts.telling.failed")} {t(`alerts.failed.${why()}`)}
                  </span>
                )}
              </Show>
            </span>
          </Notice>
        </div>
      )}
    </Show>
  );
}
