import { useQueryClient } from "@tanstack/solid-query";
import { createSignal, type JSX, Show } from "solid-js";
import { changeUser } from "../../../api/userCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { TextField } from "../../../ui/TextField";
import { Card } from "../Card";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";
import { useOwnUser } from "./useOwnUser";

export interface ProfileProps {
  readonly name: string;
  readonly seesUsers: boolean;
  readonly mayChange: boolean;
}

/** Name, role, and how the hub calls somebody. */
export function Profile(props: ProfileProps): JSX.Element {
  const t = useSettingsTexts();
  return (
    <Card title={t("account.profile")}>
      <div class="flex flex-col gap-4 p-4">
        <div class="flex flex-wrap gap-x-8 gap-y-2">
          <span>
            <span class="text-dim">{t("account.name")}: </span>
            <strong class="font-medium">{props.name}</strong>
          </span>
        </div>
        <Show when={props.seesUsers}>
          <DisplayName name={props.name} mayChange={props.mayChange} />
        </Show>
      </div>
    </Card>
  );
}

function DisplayName(props: Omit<ProfileProps, "seesUsers">): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const queries = useQueryClient();
  const own = useOwnUser(() => props.name);
  const change = createChange();
  const [typed, setTyped] = createSignal<string>();
  const shown = () => typed() ?? own()?.displayName ?? "";
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    await change.run(() => changeUser(props.name, { displayName: shown().trim() }, live.caller));
    await queries.invalidateQueries({ queryKey: ["users"] });
  }
  return (
    <Show when={own()}>
      {(user) => (
        <form class="flex flex-col gap-4" onSubmit={(event) => void submit(event)}>
          <p>
            <span class="text-dim">{t("account.role")}: </span>
            {user().role}
          </p>
          <FailureNotice failure={change.failure()} />
          <div class="flex flex-wrap items-end gap-3">
            <div class="min-w-48 flex-1">
              <TextField
                label={t("account.displayName")}
                autocomplete="name"
                disabled={!props.mayChange}
                value={shown()}
                onInput={setTyped}
              />
            </div>
            <Button
              type="submit"
              class="h-10"
              disabled={!props.mayChange || change.busy() || shown() === user().displayName}
            >
              {change.done() && shown() === user().displayName ? t("common.saved") : t("common.save")}
            </Button>
          </div>
        </form>
      )}
    </Show>
  );
}
