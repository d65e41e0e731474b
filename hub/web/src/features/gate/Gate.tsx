import { createSignal, type JSX, Show } from "solid-js";
import { useTexts } from "../../i18n/texts";
import type { Session, SessionState } from "../../state/session";
import { Button } from "../../ui/Button";
import { Logo } from "../../ui/Logo";
import { Notice } from "../../ui/Notice";

export interface GateProps {
  readonly session: Session;
  readonly state: Extract<SessionState, { kind: "gate" }>;
}

/** Asks for the token that lets this tab in. */
export function Gate(props: GateProps): JSX.Element {
  const { t } = useTexts();
  const [token, setToken] = createSignal("");
  const [busy, setBusy] = createSignal(false);
  const away = () => props.state.reason === "unreachable" || props.state.reason === "refused";
  const fresh = () =>
    props.state.status?.hasAuthentication === false && !props.state.status.apiTokenConfigured;

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (!token().trim() && !away()) return;
    setBusy(true);
    await (token().trim() ? props.session.signIn(token()) : props.session.start());
    setBusy(false);
  }
  return (
    <main class="grid min-h-full place-items-center px-4 py-10">
      <form class="flex w-full max-w-sm flex-col gap-5" onSubmit={(event) => void submit(event)}>
        <div class="flex flex-col items-center gap-4 text-center">
          <Logo class="size-11" />
          <div>
            <h1 class="text-xl font-semibold tracking-tight">{t("gate.title")}</h1>
            <p class="mt-1 text-dim">{t("gate.lead")}</p>
          </div>
        </div>
        <Show when={props.state.reason !== "none"}>
          <Notice tone={away() ? "warn" : "bad"}>{t(`gate.${props.state.reason}`)}</Notice>
        </Show>
        <Show when={fresh()}>
          <Notice tone="warn">{t("gate.fresh")}</Notice>
        </Show>
        <label class="flex flex-col gap-1.5">
          <span class="font-medium">{t("gate.token")}</span>
          <input
            ref={(input) => queueMicrotask(() => input.focus())}
            type="password"
            autocomplete="off"
            spellcheck={false}
            class="h-10 rounded-box border border-line-strong bg-panel px-3 font-mono"
            value={token()}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
          <span class="text-[12px] text-faint">{t("gate.kept")}</span>
        </label>
        <Button look="primary" type="submit" class="h-10" disabled={busy()}>
          {busy() ? t("gate.checking") : away() && !token() ? t("app.retry") : t("gate.submit")}
        </Button>
      </form>
    </main>
  );
}
