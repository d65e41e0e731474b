import { For, type JSX, Show } from "solid-js";
import type { Alert, Explanation } from "../../api/alertTypes";
import { formatMoment } from "../../format/times";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import { Section } from "../../ui/Section";
import { useAlertName } from "./alertName";
import { EvidenceChart } from "./EvidenceChart";
import { EvidenceFacts } from "./EvidenceFacts";
import { Timeline } from "./Timeline";

export interface WhyProps {
  readonly explanation: Explanation;
  /** As it is now; absent when it is over. */
  readonly active: Alert | undefined;
  readonly onOpen: (id: string) => void;
}

/** What an alert was decided by, who is told, what else it has to do with, and what has happened since. */
export function Why(props: WhyProps): JSX.Element {
  const { t, locale } = useTexts();
  const { alerts } = useLive();
  const name = useAlertName();
  const others = (ids: readonly string[]) => (
    <ul class="flex flex-col">
      <For each={ids}>
        {(id) => (
          <li>
            <button
              type="button"
              class="max-w-full truncate text-left text-accent hover:underline"
              onClick={() => props.onOpen(id)}
            >
              <Show when={alerts.alert(id)} fallback={id}>
                {(alert) => <>{name(alert())}</>}
              </Show>
            </button>
          </li>
        )}
      </For>
    </ul>
  );
  return (
    <>
      <Section title={t("alerts.why.evidence")}>
        <EvidenceFacts explanation={props.explanation} active={props.active} />
        <EvidenceChart explanation={props.explanation} />
      </Section>
      <Show when={props.active}>
        <Section title={t("alerts.why.telling")}>
          <Show when={props.explanation.withheld} fallback={<p class="text-dim">{t("alerts.why.told")}</p>}>
            {(withheld) => (
              <p>
                {t("alerts.why.nobody", { reason: t(`alerts.withheld.${withheld().reason}`) })}{" "}
                <Show when={withheld().until}>
                  {(until) => (
                    <span class="tabular-nums">
                      {t("alerts.why.until", { when: formatMoment(until(), locale()) })}
                    </span>
                  )}
                </Show>
              </p>
            )}
          </Show>
        </Section>
      </Show>
      <Show when={props.explanation.hiddenBy}>
        {(id) => <Section title={t("alerts.why.hiddenBy")}>{others([id()])}</Section>}
      </Show>
      <Show when={props.explanation.hidden.length > 0}>
        <Section title={t("alerts.why.hides")}>{others(props.explanation.hidden)}</Section>
      </Show>
      <Section title={t("alerts.why.timeline")}>
        <Timeline events={props.explanation.timeline} />
      </Section>
    </>
  );
}
