import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { createSignal, For, type JSX, Show } from "solid-js";
import {
  type Approval,
  type CommandOutcome,
  decide,
  fetchApprovals,
  runCommand,
} from "../../../api/approvalCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { Card } from "../Card";
import { Column } from "../Column";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";
import { QueryView } from "../QueryView";
import { useMe } from "../useMe";
import { ApprovalRow } from "./ApprovalRow";
import { CommandForm } from "./CommandForm";
import { OutcomeCard } from "./OutcomeCard";

/** Approvals are open for minutes, and programs wait for them. */
const refreshMs = 3000;

interface Ended {
  readonly approval: Approval;
  readonly outcome: CommandOutcome;
}

/** Commands that wait for somebody to agree, or to be run. */
export default function Commands(): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const queries = useQueryClient();
  const me = useMe();
  const change = createChange();
  const [asking, setAsking] = createSignal(false);
  const [running, setRunning] = createSignal<string>();
  const [ended, setEnded] = createSignal<readonly Ended[]>([]);
  const query = useQuery(() => ({
    queryKey: ["approvals"],
    queryFn: ({ signal }) => fetchApprovals(live.caller, signal),
    refetchInterval: refreshMs,
  }));
  const reload = () => queries.invalidateQueries({ queryKey: ["approvals"] });
  /** Whether the hub would let this caller run it; of a token's own name the page knows nothing. */
  const isMine = (approval: Approval) =>
    live.caller.token !== undefined || (me.isSuccess && me.data.username === approval.requestedBy);

  async function settle(approval: Approval, verdict: "allow" | "deny"): Promise<void> {
    await change.run(() => decide(approval.id, verdict, live.caller));
    await reload();
  }
  async function run(approval: Approval): Promise<void> {
    setRunning(approval.id);
    await change.run(async () => {
      const outcome = await runCommand(approval, live.caller);
      setEnded([{ approval, outcome }, ...ended()]);
    });
    setRunning(undefined);
    await reload();
  }
  return (
    <Column>
      <For each={ended()}>
        {(item) => (
          <OutcomeCard
            approval={item.approval}
            outcome={item.outcome}
            onClose={() => setEnded(ended().filter((other) => other !== item))}
          />
        )}
      </For>
      <Card
        title={t("commands.title")}
        lead={t("commands.lead")}
        aside={
          <Show when={query.isSuccess && !asking()}>
            <Button onClick={() => setAsking(true)}>{t("commands.ask")}</Button>
          </Show>
        }
      >
        <Show when={asking()}>
          <CommandForm
            onAsked={() => {
              setAsking(false);
              void reload();
            }}
            onCancel={() => setAsking(false)}
          />
        </Show>
        <Show when={change.failure()}>
          <div class="p-4 pb-0">
            <FailureNotice failure={change.failure()} />
          </div>
        </Show>
        <QueryView query={query}>
          {(approvals) => (
            <ul aria-label={t("commands.title")}>
              <For each={approvals()} fallback={<li class="p-4 text-dim">{t("commands.none")}</li>}>
                {(approval) => (
                  <ApprovalRow
                    approval={approval}
                    mine={isMine(approval)}
                    busy={change.busy()}
                    running={running() === approval.id}
                    onDecide={(verdict) => void settle(approval, verdict)}
                    onRun={() => void run(approval)}
                  />
                )}
              </For>
            </ul>
          )}
        </QueryView>
      </Card>
    </Column>
  );
}
