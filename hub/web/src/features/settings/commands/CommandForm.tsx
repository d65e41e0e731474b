import { createSignal, createUniqueId, type JSX } from "solid-js";
import { requestCommand } from "../../../api/approvalCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { TextField } from "../../../ui/TextField";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";
import { SelectField } from "../SelectField";
import { machineName, machinesOf } from "./useMachineName";

export interface CommandFormProps {
  readonly onAsked: () => void;
  readonly onCancel: () => void;
}

const shownLines = 3;

/** Asks for the approval of a command on a machine. */
export function CommandForm(props: CommandFormProps): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const id = createUniqueId();
  const change = createChange();
  const machines = () => machinesOf(live.overall());
  const [chosen, setChosen] = createSignal<string>();
  const [command, setCommand] = createSignal("");
  const [reason, setReason] = createSignal("");
  const agent = () => chosen() ?? machines()[0]?.id ?? "";
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (!agent() || !command().trim()) return;
    const draft = { agent: agent(), command: command(), reason: reason().trim() };
    if (await change.run(() => requestCommand(draft, live.caller))) props.onAsked();
  }
  return (
    <form class="flex flex-col gap-4 border-b border-line p-4" onSubmit={(event) => void submit(event)}>
      <FailureNotice failure={change.failure()} />
      <SelectField
        label={t("commands.machine")}
        value={agent()}
        options={machines().map((machine) => ({ value: machine.id, text: machineName(machine) }))}
        onChange={setChosen}
      />
      <div class="flex flex-col gap-1.5">
        <label for={id} class="font-medium">
          {t("commands.command")}
        </label>
        <textarea
          id={id}
          rows={shownLines}
          spellcheck={false}
          autocapitalize="off"
          class="w-full rounded-box border border-line-strong bg-panel px-3 py-2 font-mono text-[12px] text-text"
          value={command()}
          onInput={(event) => setCommand(event.currentTarget.value)}
        />
      </div>
      <TextField
        label={t("commands.why")}
        hint={t("commands.whyHint")}
        value={reason()}
        onInput={setReason}
      />
      <div class="flex gap-2.5">
        <Button look="primary" type="submit" disabled={!agent() || !command().trim() || change.busy()}>
          {t("commands.send")}
        </Button>
        <Button onClick={() => props.onCancel()}>{t("common.cancel")}</Button>
      </div>
    </form>
  );
}
