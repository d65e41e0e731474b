import { createSignal, type JSX, Show } from "solid-js";
import { putRole, type Role } from "../../../api/userCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { TextField } from "../../../ui/TextField";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";
import { RoleMatrix } from "./RoleMatrix";

export interface RoleFormProps {
  /** Undefined: a new one. */
  readonly edited: Role | undefined;
  readonly all: readonly string[];
  readonly onSaved: () => void;
  readonly onCancel: () => void;
}

/** Makes a role, or changes what one allows. */
export function RoleForm(props: RoleFormProps): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const change = createChange();
  const [name, setName] = createSignal(props.edited?.name ?? "");
  const [description, setDescription] = createSignal(props.edited?.description ?? "");
  const [granted, setGranted] = createSignal<readonly string[]>(props.edited?.permissions ?? []);
  const [incomplete, setIncomplete] = createSignal(false);
  const toggle = (permission: string, on: boolean) =>
    setGranted((before) => (on ? [...before, permission] : before.filter((item) => item !== permission)));
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setIncomplete(granted().length === 0);
    if (!name().trim() || granted().length === 0) return;
    const role = { name: name().trim(), description: description().trim(), permissions: granted() };
    if (await change.run(() => putRole(role, live.caller))) props.onSaved();
  }
  return (
    <form class="flex flex-col gap-4 border-b border-line py-4" onSubmit={(event) => void submit(event)}>
      <div class="flex flex-col gap-4 px-4">
        <FailureNotice failure={change.failure()} />
        <Show when={!props.edited}>
          <TextField
            label={t("roles.name")}
            hint={t("roles.nameHint")}
            focus
            value={name()}
            onInput={setName}
          />
        </Show>
        <TextField label={t("roles.description")} value={description()} onInput={setDescription} />
      </div>
      <RoleMatrix name={name() || t("roles.newRole")} all={props.all} granted={granted()} onChange={toggle} />
      <div class="flex flex-col gap-3 px-4">
        <Show when={incomplete()}>
          <p class="text-bad" role="alert">
            {t("roles.needOne")}
          </p>
        </Show>
        <div class="flex gap-2.5">
          <Button look="primary" type="submit" disabled={!name().trim() || change.busy()}>
            {t("common.save")}
          </Button>
          <Button onClick={() => props.onCancel()}>{t("common.cancel")}</Button>
        </div>
      </div>
    </form>
  );
}
