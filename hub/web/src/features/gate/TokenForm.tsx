import { createSignal, type JSX } from "solid-js";
import { useEntranceTexts } from "../../i18n/entrance/texts";
import { useTexts } from "../../i18n/texts";
import type { Session } from "../../state/session";
import { Button } from "../../ui/Button";
import { TextField } from "../../ui/TextField";

export interface TokenFormProps {
  readonly session: Session;
  /** The hub did not answer, so trying again needs no token. */
  readonly away: boolean;
}

/** Asks for an API token, for this tab. */
export function TokenForm(props: TokenFormProps): JSX.Element {
  const t = useEntranceTexts();
  const texts = useTexts();
  const [token, setToken] = createSignal("");
  const [busy, setBusy] = createSignal(false);
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (!token().trim() && !props.away) return;
    setBusy(true);
    await (token().trim() ? props.session.useToken(token()) : props.session.start());
    setBusy(false);
  }
  return (
    <form class="flex flex-col gap-5" onSubmit={(event) => void submit(event)}>
      <TextField
        label={t("token.label")}
        type="password"
        mono
        focus
        hint={t("token.kept")}
        value={token()}
        onInput={setToken}
      />
      <Button look="primary" type="submit" class="h-10" disabled={busy()}>
        {busy() ? t("signIn.checking") : props.away && !token() ? texts.t("app.retry") : t("token.submit")}
      </Button>
    </form>
  );
}
