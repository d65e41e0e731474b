import { type JSX, Match, Show, Switch } from "solid-js";
import type { Approval } from "../../../api/approvalCalls";
import { formatDuration, formatMoment } from "../../../format/times";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useTexts } from "../../../i18n/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { CommandText } from "./CommandText";
import { Machine } from "./Machine";

export interface ApprovalRowProps {
  readonly approval: Approval;
  /** The one who looks has asked for it. */
  readonly mine: boolean;
  /** Some change goes on, of whichever row. */
  readonly busy: boolean;
  /** This one is being run. */
  readonly running: boolean;
  readonly onDecide: (verdict: "allow" | "deny") => void;
  readonly onRun: () => void;
}

/** A command: what exactly, where, who asks and why, until when, and what can be done about it. */
export function ApprovalRow(props: ApprovalRowProps): JSX.Element {
  const t = useSettingsTexts();
  const { locale } = useTexts();
  const live = useLive();
  const left = () => Math.max(0, (props.approval.expires ?? 0) - live.now()) / 1000;
  const isOver = () => left() === 0;
  const until = () =>
    isOver()
      ? t("commands.over")
      : t("commands.left", {
          when: formatMoment(props.approval.expires, locale()),
          left: formatDuration(left()),
        });
  const fact = (title: string, value: () => string) => (
    <div class="flex gap-1.5">
      <dt class="shrink-0 text-faint">{title}</dt>
      <dd class="min-w-0 wrap-anywhere">{value()}</dd>
    </div>
  );
  const by = () => ({ name: props.approval.decidedBy ?? "?" });
  return (
    <li class="flex flex-col gap-3 border-b border-line px-4 py-3 last:border-b-0">
      <Machine approval={props.approval} />
      <CommandText label={t("commands.command")} text={props.approval.command} />
      <dl class="flex flex-col gap-1">
        {fact(t("commands.who"), () => props.approval.requestedBy)}
        {fact(t("commands.why"), () => props.approval.reason || t("commands.noReason"))}
        {fact(t("commands.until"), until)}
        {fact(t("commands.limit"), () => formatDuration(props.approval.timeoutSeconds))}
      </dl>
      <div class="flex flex-wrap items-center gap-2.5">
        <Switch>
          <Match when={props.running}>
            <span role="status">{t("commands.running")}</span>
          </Match>
          <Match when={props.approval.state === "pending"}>
            <Button look="primary" disabled={props.busy || isOver()} onClick={() => props.onDecide("allow")}>
              {t("commands.allow")}
            </Button>
            <Button disabled={props.busy || isOver()} onClick={() => props.onDecide("deny")}>
              {props.mine ? t("commands.withdraw") : t("commands.deny")}
            </Button>
          </Match>
          <Match when={props.approval.state === "allowed"}>
            <span class="text-accent">{t("commands.allowedBy", by())}</span>
            <Show
              when={props.mine}
              fallback={
                <span class="text-dim">{t("commands.othersRun", { name: props.approval.requestedBy })}</span>
              }
            >
              <Button look="primary" disabled={props.busy || isOver()} onClick={() => props.onRun()}>
                {t("commands.run")}
              </Button>
            </Show>
          </Match>
          <Match when={props.approval.state === "denied"}>
            <span class="text-bad">{t("commands.deniedBy", by())}</span>
          </Match>
        </Switch>
      </div>
    </li>
  );
}
