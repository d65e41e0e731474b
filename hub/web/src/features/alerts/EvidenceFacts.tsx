import { For, type JSX } from "solid-js";
import type { Alert, Explanation } from "../../api/alertTypes";
import { formatAlertValue, isMeasured } from "../../format/alertValue";
import { formatMoment } from "../../format/times";
import { type Translate, useTexts } from "../../i18n/texts";

export interface EvidenceFactsProps {
  readonly explanation: Explanation;
  readonly active: Alert | undefined;
}

/** Says where a threshold is from, as the hub writes it: `defaults`, `override`, `rule <name>` or `tag <tag>`. */
export function ruleText(rule: string, t: Translate): string {
  const space = rule.indexOf(" ");
  const [kind, name] = space < 0 ? [rule, ""] : [rule.slice(0, space), rule.slice(space + 1)];
  if (rule === "defaults") return t("alerts.why.ruleDefaults");
  if (rule === "override") return t("alerts.why.ruleOverride");
  if (kind === "rule") return t("alerts.why.ruleNamed", { name });
  return kind === "tag" ? t("alerts.why.ruleTag", { name }) : rule;
}

/** What an alert was decided by, in numbers and times. */
export function EvidenceFacts(props: EvidenceFactsProps): JSX.Element {
  const { t, locale } = useTexts();
  const facts = () => {
    const { evidence, alert } = props.explanation;
    const number = (value: number) => formatAlertValue(value, alert.type, locale());
    const moment = (at: number) => formatMoment(at, locale());
    const values = !isMeasured(evidence)
      ? []
      : [
          ...(props.active ? [[t("alerts.why.now"), number(props.active.value)]] : []),
          [t("alerts.why.atFiring"), number(evidence.value)],
          ...(evidence.threshold === 0 ? [] : [[t("alerts.why.threshold"), number(evidence.threshold)]]),
          ...(evidence.clear === 0 || evidence.clear === evidence.threshold
            ? []
            : [[t("alerts.why.clear"), number(evidence.clear)]]),
        ];
    return [
      ...values,
      ...(evidence.rule === "" ? [] : [[t("alerts.why.rule"), ruleText(evidence.rule, t)]]),
      [t("alerts.why.began"), moment(evidence.beganAt)],
      [t("alerts.why.fired"), moment(evidence.firedAt)],
    ];
  };
  return (
    <dl class="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5">
      <For each={facts()}>
        {([term, text]) => (
          <>
            <dt class="text-dim">{term}</dt>
            <dd class="text-right break-words tabular-nums">{text}</dd>
          </>
        )}
      </For>
    </dl>
  );
}
