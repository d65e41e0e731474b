import { For, type JSX, Show } from "solid-js";
import type { AlertEvent } from "../../api/alertTypes";
import { formatMoment } from "../../format/times";
import { en } from "../../i18n/en";
import { useTexts } from "../../i18n/texts";

type KnownEvent = keyof typeof en.alerts.event;

function isKnown(type: string): type is KnownEvent {
  return Object.hasOwn(en.alerts.event, type);
}

/** What has happened to an alert, the oldest first. */
export function Timeline(props: { readonly events: readonly AlertEvent[] }): JSX.Element {
  const { t, locale } = useTexts();
  const what = (event: AlertEvent) =>
    isKnown(event.type) ? t(`alerts.event.${event.type}`) : event.summary || event.type;
  return (
    <Show when={props.events.length > 0} fallback={<p class="text-dim">{t("alerts.why.noTimeline")}</p>}>
      <ol class="flex flex-col gap-3 border-l border-line pl-4">
        <For each={props.events}>
          {(event) => (
            <li title={event.summary}>
              <p class="flex flex-wrap items-baseline justify-between gap-x-3">
                <span class="font-medium">
                  {what(event)}
                  <Show when={event.user}>
                    {(user) => (
                      <span class="font-normal text-dim"> {t("alerts.why.by", { user: user() })}</span>
                    )}
                  </Show>
                </span>
                <time class="text-[12px] text-faint tabular-nums" dateTime={new Date(event.at).toISOString()}>
                  {formatMoment(event.at, locale())}
                </time>
              </p>
              <Show when={event.note}>
                {(note) => <p class="break-words whitespace-pre-wrap">{note()}</p>}
              </Show>
              <Show when={event.withheld}>
                {(reason) => (
                  <p class="text-[12px] text-dim">
                    {t("alerts.why.silent", { reason: t(`alerts.withheld.${reason()}`) })}
                  </p>
                )}
              </Show>
            </li>
          )}
        </For>
      </ol>
    </Show>
  );
}
