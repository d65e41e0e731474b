import { useQueryClient } from "@tanstack/solid-query";
import { createSignal, type JSX, Show } from "solid-js";
import { changePassword } from "../../../api/accountCalls";
import { signIn } from "../../../api/signInCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { NewPassword } from "../../../ui/NewPassword";
import { Notice } from "../../../ui/Notice";
import { TextField } from "../../../ui/TextField";
import { Card } from "../Card";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";

/** Changes the password of whoever looks. */
export function PasswordCard(props: { readonly name: string }): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const queries = useQueryClient();
  const change = createChange();
  const [current, setCurrent] = createSignal("");
  const [next, setNext] = createSignal<string>();
  const [attempt, setAttempt] = createSignal(0);

  /** The hub ends every session with the old password, this one too: the new one opens another. */
  async function comeBack(password: string): Promise<void> {
    const outcome = await signIn({ username: props.name, password, rememberMe: false }).catch(
      () => undefined,
    );
    if (outcome?.kind === "in") await queries.invalidateQueries();
    else live.caller.onUnauthorized?.();
  }
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const chosen = next();
    if (!chosen || !current()) return;
    if (!(await change.run(() => changePassword(current(), chosen, live.caller)))) return;
    setCurrent("");
    setNext(undefined);
    setAttempt((count) => count + 1);
    await comeBack(chosen);
  }
  return (
    <Card title={t("account.password")} lead={t("account.passwordLead")}>
      <form class="flex flex-col gap-4 p-4" onSubmit={(event) => void submit(event)}>
        <FailureNotice failure={change.failure()} />
        <Show when={change.done()}>
          <Notice tone="good">{t("account.changed")}</Notice>
        </Show>
        <input type="text" autocomplete="username" value={props.name} readOnly hidden />
        <TextField
          label={t("account.current")}
          type="password"
          autocomplete="current-password"
          value={current()}
          onInput={setCurrent}
        />
        {/* What was typed goes with the form it was typed into. */}
        <Show when={attempt() + 1} keyed>
          <NewPassword name={props.name} onChange={setNext} />
        </Show>
        <div>
          <Button type="submit" disabled={!current() || !next() || change.busy()}>
            {t("account.change")}
          </Button>
        </div>
      </form>
    </Card>
  );
}
