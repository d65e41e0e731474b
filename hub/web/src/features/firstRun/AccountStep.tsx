import { createSignal, type JSX } from "solid-js";
import { useEntranceTexts } from "../../i18n/entrance/texts";
import { Button } from "../../ui/Button";
import { NewPassword } from "../../ui/NewPassword";
import { TextField } from "../../ui/TextField";
import type { FirstRunState } from "./createFirstRun";

/** Asks for the name and password of the first administrator. */
export function AccountStep(props: { readonly state: FirstRunState }): JSX.Element {
  const t = useEntranceTexts();
  const [name, setName] = createSignal("admin");
  const [password, setPassword] = createSignal<string>();
  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const chosen = password();
    if (name().trim() && chosen) props.state.giveAccount(name(), chosen);
  }
  return (
    <form class="flex flex-col gap-5" onSubmit={submit}>
      <p class="text-dim">{t("first.accountLead")}</p>
      <TextField
        label={t("signIn.username")}
        autocomplete="username"
        focus
        value={name()}
        onInput={setName}
      />
      <NewPassword label={t("signIn.password")} name={name()} onChange={setPassword} />
      <Button look="primary" type="submit" class="h-10" disabled={!name().trim() || !password()}>
        {t("first.next")}
      </Button>
      <Button look="quiet" onClick={() => props.state.back()}>
        {t("first.back")}
      </Button>
    </form>
  );
}
