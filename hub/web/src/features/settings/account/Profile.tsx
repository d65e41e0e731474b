import { useQueryClient } from "@tanstack/solid-query";
import { createSignal, type JSX, Show } from "solid-js";
import { changeAccount } from "../../../api/accountCalls";
import { isKeptHere, type User } from "../../../api/userCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { Notice } from "../../../ui/Notice";
import { TextField } from "../../../ui/TextField";
import { Card } from "../Card";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";
import { accountKey } from "./useAccount";

/** Name, role, and how the hub calls and reaches somebody. */
export function Profile(props: { readonly user: User }): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const queries = useQueryClient();
  const change = createChange();
  const [typedName, setTypedName] = createSignal<string>();
  const [typedEmail, setTypedEmail] = createSignal<string>();
  const name = () => typedName() ?? props.user.displayName;
  const email = () => typedEmail() ?? props.user.email;
  /** Only what was changed, so that what comes from elsewhere stays out of it. */
  const changes = () => ({
    ...(name().trim() === props.user.displayName ? {} : { displayName: name().trim() }),
    ...(email().trim() === props.user.email ? {} : { email: email().trim() }),
  });
  const isChanged = () => Object.keys(changes()).length > 0;

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (!isChanged()) return;
    await change.run(async () => {
      queries.setQueryData(accountKey, await changeAccount(changes(), live.caller));
      setTypedName(undefined);
      setTypedEmail(undefined);
    });
    await queries.invalidateQueries({ queryKey: ["users"] });
  }
  const type = (set: (value: string) => void) => (value: string) => {
    change.forget();
    set(value);
  };
  const fact = (title: string, value: string) => (
    <div class="flex gap-1.5">
      <dt class="text-dim">{title}:</dt>
      <dd class="font-medium wrap-anywhere">{value}</dd>
    </div>
  );
  return (
    <Card title={t("account.profile")}>
      <form class="flex flex-col gap-4 p-4" onSubmit={(event) => void submit(event)}>
        <dl class="flex flex-wrap gap-x-8 gap-y-2">
          {fact(t("account.name"), props.user.name)}
          {fact(t("account.role"), props.user.role)}
        </dl>
        <div class="grid gap-4 sm:grid-cols-2">
          <TextField
            label={t("account.displayName")}
            autocomplete="name"
            value={name()}
            onInput={type(setTypedName)}
          />
          <TextField
            label={t("account.email")}
            type="email"
            autocomplete="email"
            disabled={!isKeptHere(props.user)}
            hint={isKeptHere(props.user) ? undefined : t("account.emailElsewhere")}
            value={email()}
            onInput={type(setTypedEmail)}
          />
        </div>
        <FailureNotice failure={change.failure()} />
        <Show when={change.done()}>
          <Notice tone="good">{t("common.saved")}</Notice>
        </Show>
        <div>
          <Button type="submit" disabled={!isChanged() || change.busy()}>
            {change.busy() ? t("common.saving") : t("common.save")}
          </Button>
        </div>
      </form>
    </Card>
  );
}
