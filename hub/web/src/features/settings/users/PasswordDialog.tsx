import { createSignal, type JSX } from "solid-js";
import { setUserPassword } from "../../../api/userCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { Modal } from "../../../ui/Modal";
import { NewPassword } from "../../../ui/NewPassword";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";

export interface PasswordDialogProps {
  readonly name: string;
  readonly onClose: () => void;
}

/** Gives somebody else another password. */
export function PasswordDialog(props: PasswordDialogProps): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const change = createChange();
  const [password, setPassword] = createSignal<string>();
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const chosen = password();
    if (chosen && (await change.run(() => setUserPassword(props.name, chosen, live.caller)))) props.onClose();
  }
  return (
    <Modal title={t("users.passwordOf", { name: props.name })} onClose={props.onClose}>
      <form class="flex flex-col gap-4 p-5" onSubmit={(event) => void submit(event)}>
        <p class="text-dim">{t("users.passwordLead", { name: props.name })}</p>
        <FailureNotice failure={change.failure()} />
        <NewPassword name={props.name} onChange={setPassword} />
        <div class="flex justify-end gap-2.5">
          <Button onClick={() => props.onClose()}>{t("common.cancel")}</Button>
          <Button look="primary" type="submit" disabled={!password() || change.busy()}>
            {t("common.save")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
