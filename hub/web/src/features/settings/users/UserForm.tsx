import { createSignal, type JSX } from "solid-js";
import { createUser, type Role } from "../../../api/userCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { NewPassword } from "../../../ui/NewPassword";
import { TextField } from "../../../ui/TextField";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";
import { SelectField } from "../SelectField";

export interface UserFormProps {
  readonly roles: readonly Role[];
  readonly onMade: (name: string) => void;
  readonly onCancel: () => void;
}

/** Lets somebody sign in from now on. */
export function UserForm(props: UserFormProps): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const change = createChange();
  const [name, setName] = createSignal("");
  const [displayName, setDisplayName] = createSignal("");
  // The role that allows least: more can be given later.
  const [role, setRole] = createSignal(
    props.roles.find((item) => item.name === "viewer")?.name ?? props.roles[0]?.name ?? "",
  );
  const [password, setPassword] = createSignal<string>();
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const chosen = password();
    if (!name().trim() || !chosen) return;
    const draft = {
      name: name().trim(),
      displayName: displayName().trim(),
      role: role(),
      password: chosen,
    };
    if (await change.run(() => createUser(draft, live.caller))) props.onMade(draft.name);
  }
  return (
    <form class="flex flex-col gap-4 border-b border-line p-4" onSubmit={(event) => void submit(event)}>
      <FailureNotice failure={change.failure()} />
      <TextField label={t("users.name")} focus value={name()} onInput={setName} />
      <TextField
        label={`${t("users.displayName")} (${t("common.optional")})`}
        value={displayName()}
        onInput={setDisplayName}
      />
      <SelectField
        label={t("users.role")}
        value={role()}
        options={props.roles.map((item) => ({ value: item.name, text: item.name }))}
        onChange={setRole}
      />
      <NewPassword name={name()} onChange={setPassword} />
      <div class="flex gap-2.5">
        <Button look="primary" type="submit" disabled={!name().trim() || !password() || change.busy()}>
          {t("users.create")}
        </Button>
        <Button onClick={() => props.onCancel()}>{t("common.cancel")}</Button>
      </div>
    </form>
  );
}
