import { createSignal, type JSX } from "solid-js";
import { useEntranceTexts } from "../../i18n/entrance/texts";
import { Button } from "../../ui/Button";
import { CheckField } from "../../ui/CheckField";
import { TextField } from "../../ui/TextField";
import type { SignInState } from "./createSignIn";

/** Asks for user name and password. */
export function PasswordForm(props: { readonly signIn: SignInState }): JSX.Element {
  const t = useEntranceTexts();
  const [username, setUsername] = createSignal("");
  const [password, setPassword] = createSignal("");
  const [rememberMe, setRememberMe] = createSignal(false);
  const [incomplete, setIncomplete] = createSignal(false);
  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const missing = username().trim() === "" || password() === "";
    setIncomplete(missing);
    if (missing) return;
    void props.signIn.withPassword({
      username: username().trim(),
      password: password(),
      rememberMe: rememberMe(),
    });
  }
  return (
    <form class="flex flex-col gap-4" onSubmit={submit}>
      <TextField
        label={t("signIn.username")}
        autocomplete="username"
        focus
        value={username()}
        onInput={setUsername}
      />
      <TextField
        label={t("signIn.password")}
        type="password"
        autocomplete="current-password"
        value={password()}
        error={incomplete() ? t("signIn.needBoth") : undefined}
        onInput={setPassword}
      />
      <CheckField label={t("signIn.remember")} checked={rememberMe()} onChange={setRememberMe} />
      <Button look="primary" type="submit" class="h-10" disabled={props.signIn.busy()}>
        {props.signIn.busy() ? t("signIn.checking") : t("signIn.submit")}
      </Button>
    </form>
  );
}
