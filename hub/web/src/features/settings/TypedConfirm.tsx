import { createSignal, type JSX } from "solid-js";
import { useSettingsTexts } from "../../i18n/settings/texts";
import { Button } from "../../ui/Button";
import { Modal } from "../../ui/Modal";
import { TextField } from "../../ui/TextField";
import { createChange } from "./createChange";
import { FailureNotice } from "./FailureNotice";

export interface TypedConfirmProps {
  readonly title: string;
  /** What is lost. */
  readonly lead: string;
  /** What has to be typed. */
  readonly word: string;
  readonly action: string;
  /** Does it; the dialog closes when it worked. */
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
}

/** Asks to type the name of what is about to be destroyed. */
export function TypedConfirm(props: TypedConfirmProps): JSX.Element {
  const t = useSettingsTexts();
  const [typed, setTyped] = createSignal("");
  const change = createChange();
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (typed().trim() === props.word && (await change.run(props.onConfirm))) props.onClose();
  }
  return (
    <Modal title={props.title} onClose={props.onClose}>
      <form class="flex flex-col gap-4 p-5" onSubmit={(event) => void submit(event)}>
        <p>{props.lead}</p>
        <FailureNotice failure={change.failure()} />
        <TextField
          label={t("common.typeToConfirm", { name: props.word })}
          focus
          value={typed()}
          onInput={setTyped}
        />
        <div class="flex justify-end gap-2.5">
          <Button onClick={() => props.onClose()}>{t("common.cancel")}</Button>
          <Button look="danger" type="submit" disabled={typed().trim() !== props.word || change.busy()}>
            {props.action}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
