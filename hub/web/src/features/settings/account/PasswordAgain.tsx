import { createSignal, type JSX } from "solid-js";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { Button } from "../../../ui/Button";
import { TextField } from "../../../ui/TextField";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";

export interface PasswordAgainProps {
  readonly action: string;
  readonly onConfirm: (password: string) => Promise<void>;
  readonly onCancel: () => void;
}

/** Asks for the password once more before protection is weakened. */
export function PasswordAgain(props: PasswordAgainProps): JSX.Element {
  const t = useSettingsTexts();
  const change = createChange();
  const [password, setPassword] = createSignal("");
  return (
    <form
      class="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (password()) void change.run(() => props.onConfirm(password()));
      }}
    >
      <FailureNotice failure={change.failure()} />
      <TextField
        label={t("factor.password")}
        type="password"
        autocomplete="current-password"
        focus
        value={password()}
        onInput={setPassword}
      />
      <div class="flex gap-2.5">
        <Button type="submit" disabled={!password() || change.busy()}>
          {props.action}
        </Button>
        <Button look="quiet" onClick={() => props.onCancel()}>
          {t("common.cancel")}
        </Button>
      </div>
    </form>
  );
}
