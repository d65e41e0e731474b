import { type JSX, Show } from "solid-js";
import type { Approval, CommandOutcome } from "../../../api/approvalCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useTexts } from "../../../i18n/texts";
import { Button } from "../../../ui/Button";
import { Notice } from "../../../ui/Notice";
import { Card } from "../Card";
import { CommandText } from "./CommandText";
import { Machine } from "./Machine";

export interface OutcomeCardProps {
  readonly approval: Approval;
  readonly outcome: CommandOutcome;
  readonly onClose: () => void;
}

/** What became of a command, with all that it wrote. */
export function OutcomeCard(props: OutcomeCardProps): JSX.Element {
  const t = useSettingsTexts();
  const { locale } = useTexts();
  const took = () => ({
    seconds: (props.outcome.durationMs / 1000).toLocaleString(locale(), { maximumFractionDigits: 1 }),
  });
  const words = () => {
    const { success, exitCode, error } = props.outcome;
    if (success) return t("commands.succeeded", took());
    if (error) return t("commands.broke", { error, ...took() });
    return t("commands.failed", { code: String(exitCode), ...took() });
  };
  return (
    <Card
      title={t("commands.outcome")}
      aside={<Button onClick={() => props.onClose()}>{t("common.done")}</Button>}
    >
      <div class="flex flex-col gap-3 p-4">
        <Machine approval={props.approval} />
        <CommandText label={t("commands.command")} text={props.approval.command} />
        <Notice tone={props.outcome.success ? "good" : "bad"}>{words()}</Notice>
        <Show when={props.outcome.stdout}>
          <h3 class="font-medium">{t("commands.stdout")}</h3>
          <CommandText label={t("commands.stdout")} text={props.outcome.stdout} />
        </Show>
        <Show when={props.outcome.stderr}>
          <h3 class="font-medium">{t("commands.stderr")}</h3>
          <CommandText label={t("commands.stderr")} text={props.outcome.stderr} />
        </Show>
        <Show when={!props.outcome.stdout && !props.outcome.stderr}>
          <p class="text-dim">{t("commands.noOutput")}</p>
        </Show>
      </div>
    </Card>
  );
}
