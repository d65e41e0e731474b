import { type JSX, Show } from "solid-js";
import type { Approval } from "../../../api/approvalCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useMachineName } from "./useMachineName";

/** Where a command runs: the machine by its name and the id of its agent, and what on it. */
export function Machine(props: { readonly approval: Approval }): JSX.Element {
  const t = useSettingsTexts();
  const nameOf = useMachineName();
  const within = () => {
    const { target, targetId } = props.approval;
    if (target === "host") return "";
    return target === "container" || target === "vm"
      ? t(`commands.${target}`, { id: targetId })
      : `${target} ${targetId}`;
  };
  return (
    <span class="flex min-w-0 flex-wrap items-baseline gap-x-2">
      <strong class="font-medium wrap-anywhere">
        {nameOf(props.approval.agent) ?? t("commands.unknownMachine")}
      </strong>
      <code class="font-mono text-[12px] text-dim wrap-anywhere">{props.approval.agent}</code>
      <Show when={within()}>
        <span class="text-warn">{within()}</span>
      </Show>
    </span>
  );
}
