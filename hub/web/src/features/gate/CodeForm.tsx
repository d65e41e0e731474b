import { createSignal, type JSX } from "solid-js";
import { useEntranceTexts } from "../../i18n/entrance/texts";
import { Button } from "../../ui/Button";
import { TextField } from "../../ui/TextField";
import type { SignInState } from "./createSignIn";

/** Asks for the second factor. */
export function CodeForm(props: { readonly signIn: SignInState }): JSX.Element {
  const t = useEntranceTexts();
  const [code, setCode] = createSignal("");
  return (
    <form
      class="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        if (code().trim()) void props.signIn.withCode(code().trim());
      }}
    >
      <TextField
        label={t("signIn.code")}
        hint={t("signIn.codeLead")}
        autocomplete="one-time-code"
        mono
        focus
        value={code()}
        onInput={setCode}
      />
      <Button look="primary" type="submit" class="h-10" disabled={props.signIn.busy()}>
        {props.signIn.busy() ? t("signIn.checking") : t("signIn.codeSubmit")}
      </Button>
      <Button look="quiet" onClick={() => props.signIn.back()}>
        {t("signIn.back")}
      </Button>
    </form>
  );
}
