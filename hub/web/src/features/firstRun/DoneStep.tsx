import { createSignal, type JSX, Show } from "solid-js";
import { anybody } from "../../api/http";
import { createToken } from "../../api/tokenCalls";
import { useEntranceTexts } from "../../i18n/entrance/texts";
import { Button } from "../../ui/Button";
import { InstallCommand } from "../../ui/InstallCommand";
import { Notice } from "../../ui/Notice";

const reporting = ["host-agent:report"];

export interface DoneStepProps {
  readonly isSignedIn: boolean;
  readonly onOpen: () => void;
}

/** What to do next: the command for the first machine, with a token that can report and nothing else. */
export function DoneStep(props: DoneStepProps): JSX.Element {
  const t = useEntranceTexts();
  const [token, setToken] = createSignal<string>();
  const [failed, setFailed] = createSignal(false);
  const [busy, setBusy] = createSignal(false);
  async function show(): Promise<void> {
    setBusy(true);
    try {
      // The browser's session vouches for it.
      const made = await createToken({ name: "first machine", scopes: reporting }, anybody);
      setToken(made.secret);
    } catch {
      setFailed(true);
    }
    setBusy(false);
  }
  return (
    <div class="flex flex-col gap-5">
      <Show when={props.isSignedIn} fallback={<p class="text-dim">{t("first.doneSignIn")}</p>}>
        <p class="text-dim">{t("first.doneLead")}</p>
        <Show
          when={token() ?? failed()}
          fallback={
            <Button class="h-10" disabled={busy()} onClick={() => void show()}>
              {t("first.showCommand")}
            </Button>
          }
        >
          <Show when={failed()}>
            <Notice tone="warn">{t("first.commandFailed")}</Notice>
          </Show>
          <InstallCommand token={token()} />
        </Show>
      </Show>
      <Button look="primary" class="h-10" onClick={() => props.onOpen()}>
        {props.isSignedIn ? t("first.open") : t("signIn.submit")}
      </Button>
    </div>
  );
}
