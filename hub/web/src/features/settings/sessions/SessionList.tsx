import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { For, type JSX, Show } from "solid-js";
import { type BrowserSession, endSession, fetchSessions } from "../../../api/accountCalls";
import { formatAge, formatMoment } from "../../../format/times";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useTexts } from "../../../i18n/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";
import { QueryView } from "../QueryView";
import { browserNameOf } from "./browserName";

export interface SessionListProps {
  /** Those of every user, with their names; otherwise the own ones. */
  readonly everybody: boolean;
  /** Offers to end them; never the one that looks. */
  readonly mayEnd: boolean;
}

/** Browsers that are signed in. */
export function SessionList(props: SessionListProps): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const queries = useQueryClient();
  const end = createChange();
  const query = useQuery(() => ({
    queryKey: ["sessions", props.everybody],
    queryFn: ({ signal }) => fetchSessions(props.everybody, live.caller, signal),
  }));
  const finish = (session: BrowserSession) =>
    end.run(async () => {
      await endSession(session.id, live.caller);
      await queries.invalidateQueries({ queryKey: ["sessions"] });
    });
  return (
    <>
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
                <SessionRow
                  session={session}
                  named={props.everybody}
                  onEnd={props.mayEnd && !session.current ? () => void finish(session) : undefined}
                  busy={end.busy()}
                />
              )}
            </For>
          </ul>
        )}
      </QueryView>
    </>
  );
}

interface SessionRowProps {
  readonly session: BrowserSession;
  /** Says whose it is. */
  readonly named: boolean;
  readonly onEnd: (() => void) | undefined;
  readonly busy: boolean;
}

function SessionRow(props: SessionRowProps): JSX.Element {
  const t = useSettingsTexts();
  const { locale } = useTexts();
  const live = useLive();
  const browser = () => {
    const name = browserNameOf(props.session.userAgent);
    return name ? t("account.browserOn", { ...name }) : t("account.unknownBrowser");
  };
  const title = () => (props.named ? `${props.session.user}, ${browser()}` : browser());
  const past = () => {
    const { seen, address, created, provider } = props.session;
    return [
      t("account.seen", { age: formatAge(seen === undefined ? undefined : live.now() - seen), address }),
      t("account.since", { when: formatMoment(created, locale()) }),
      ...(provider ? [t("account.via", { provider })] : []),
    ].join(", ");
  };
  return (
    <li class="flex items-center gap-3 border-b border-line px-4 py-2.5 last:border-b-0">
      <div class="min-w-0 flex-1">
        <p>
          <Show when={props.named} fallback={<span class="font-medium">{browser()}</span>}>
            <strong class="font-medium wrap-anywhere">{props.session.user}</strong>
            <span class="ml-2 text-dim">{browser()}</span>
          </Show>
          <Show when={props.session.current}>
            <span class="ml-2 text-accent">{t("account.thisOne")}</span>
          </Show>
        </p>
        <p class="text-[12px] text-dim">{past()}</p>
      </div>
      <Show when={props.onEnd}>
        {(onEnd) => (
          <Button
            disabled={props.busy}
            aria-label={t("account.endOf", { name: title() })}
            onClick={() => onEnd()()}
          >
            {t("account.endSession")}
          </Button>
        )}
      </Show>
    </li>
  );
}
