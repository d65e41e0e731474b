import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { For, type JSX, Show } from "solid-js";
import { type BrowserSession, endSession, fetchSessions } from "../../../api/accountCalls";
import { formatAge, formatMoment } from "../../../format/times";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useTexts } from "../../../i18n/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { Card } from "../Card";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";
import { QueryView } from "../QueryView";
import { browserNameOf } from "./browserName";

/** The browsers that are signed in with the account of whoever looks. */
export function Sessions(): JSX.Element {
  const t = useSettingsTexts();
  const { locale } = useTexts();
  const live = useLive();
  const queries = useQueryClient();
  const end = createChange();
  const query = useQuery(() => ({
    queryKey: ["sessions"],
    queryFn: ({ signal }) => fetchSessions(false, live.caller, signal),
  }));
  const title = (session: BrowserSession) => {
    const name = browserNameOf(session.userAgent);
    return name ? t("account.browserOn", { ...name }) : t("account.unknownBrowser");
  };
  const past = (session: BrowserSession) =>
    [
      t("account.seen", {
        age: formatAge(session.seen === undefined ? undefined : live.now() - session.seen),
        address: session.address,
      }),
      t("account.since", { when: formatMoment(session.created, locale()) }),
      ...(session.provider ? [t("account.via", { provider: session.provider })] : []),
    ].join(", ");
  const finish = (session: BrowserSession) =>
    end.run(async () => {
      await endSession(session.id, live.caller);
      await queries.invalidateQueries({ queryKey: ["sessions"] });
    });
  return (
    <Card title={t("account.sessions")} lead={t("account.sessionsLead")}>
      <Show when={end.failure()}>
        <div class="p-4 pb-0">
          <FailureNotice failure={end.failure()} />
        </div>
      </Show>
      <QueryView query={query}>
        {(sessions) => (
          <ul>
            <For each={sessions()} fallback={<li class="p-4 text-dim">{t("account.noSessions")}</li>}>
              {(session) => (
                <li class="flex items-center gap-3 border-b border-line px-4 py-2.5 last:border-b-0">
                  <div class="min-w-0 flex-1">
                    <p class="font-medium">
                      {title(session)}
                      <Show when={session.current}>
                        <span class="ml-2 font-normal text-accent">{t("account.thisOne")}</span>
                      </Show>
                    </p>
                    <p class="text-[12px] text-dim">{past(session)}</p>
                  </div>
                  <Show when={!session.current}>
                    <Button
                      disabled={end.busy()}
                      aria-label={t("account.endOf", { name: title(session) })}
                      onClick={() => void finish(session)}
                    >
                      {t("account.endSession")}
                    </Button>
                  </Show>
                </li>
              )}
            </For>
          </ul>
        )}
      </QueryView>
    </Card>
  );
}
