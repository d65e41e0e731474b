import { createSignal, For, type JSX, Show } from "solid-js";
import { createToken, type MadeToken } from "../../../api/tokenCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { CheckField } from "../../../ui/CheckField";
import { TextField } from "../../../ui/TextField";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";
import { SelectField } from "../SelectField";
import { expiryOf, lifetimes, scopeGroups } from "./scopes";

export interface TokenFormProps {
  readonly onMade: (made: MadeToken) => void;
  readonly onCancel: () => void;
}

/** Makes a token: what it is for, what it allows, and for how long. */
export function TokenForm(props: TokenFormProps): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const change = createChange();
  const [name, setName] = createSignal("");
  const [full, setFull] = createSignal(false);
  const [chosen, setChosen] = createSignal<ReadonlySet<string>>(new Set(["monitoring:read"]));
  const [days, setDays] = createSignal<number>();
  const [incomplete, setIncomplete] = createSignal(false);

  function choose(scope: string, on: boolean): void {
    setChosen((before) => new Set(on ? [...before, scope] : [...before].filter((item) => item !== scope)));
  }
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const scopes = full() ? ["*"] : [...chosen()];
    setIncomplete(scopes.length === 0);
    if (!name().trim() || scopes.length === 0) return;
    const expiresAt = expiryOf(days(), Date.now());
    await change.run(async () =>
      props.onMade(
        await createToken({ name: name().trim(), scopes, ...(expiresAt ? { expiresAt } : {}) }, live.caller),
      ),
    );
  }
  return (
    <form class="flex flex-col gap-5 p-4" onSubmit={(event) => void submit(event)}>
      <FailureNotice failure={change.failure()} />
      <TextField
        label={t("tokens.name")}
        hint={t("tokens.nameHint")}
        focus
        value={name()}
        onInput={setName}
      />
      <fieldset class="flex flex-col gap-3">
        <legend class="mb-1.5 font-medium">{t("tokens.scopes")}</legend>
        <CheckField label={t("tokens.full")} checked={full()} onChange={setFull} />
        <div class="grid gap-5 sm:grid-cols-3">
          <For each={scopeGroups}>
            {(group) => (
              <fieldset class="flex flex-col gap-2">
                <legend class="mb-1 text-[12px] font-medium text-dim">{t(`scope.${group.key}`)}</legend>
                <For each={group.scopes}>
                  {(item) => (
                    <CheckField
                      label={t(`scope.${item.text}`)}
                      hint={item.scope}
                      disabled={full()}
                      checked={full() || chosen().has(item.scope)}
                      onChange={(on) => choose(item.scope, on)}
                    />
                  )}
                </For>
              </fieldset>
            )}
          </For>
        </div>
        <Show when={incomplete()}>
          <p class="text-bad" role="alert">
            {t("tokens.needScope")}
          </p>
        </Show>
      </fieldset>
      <SelectField
        label={t("tokens.expiry")}
        value={String(days() ?? "")}
        options={lifetimes.map((count) => ({
          value: String(count ?? ""),
          text: count === undefined ? t("tokens.expiryNever") : t("tokens.days", { count: String(count) }),
        }))}
        onChange={(value) => setDays(value ? Number(value) : undefined)}
      />
      <div class="flex gap-2.5">
        <Button look="primary" type="submit" disabled={!name().trim() || change.busy()}>
          {t("tokens.create")}
        </Button>
        <Button onClick={() => props.onCancel()}>{t("common.cancel")}</Button>
      </div>
    </form>
  );
}
