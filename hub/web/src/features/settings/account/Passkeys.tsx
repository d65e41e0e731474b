import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { createSignal, For, type JSX, Show } from "solid-js";
import {
  beginPasskey,
  fetchPasskeys,
  finishPasskey,
  type Passkey,
  removePasskey,
} from "../../../api/accountCalls";
import { arePasskeysSupported, makePasskey } from "../../../api/passkeys";
import { formatAge, formatMoment } from "../../../format/times";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useTexts } from "../../../i18n/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { Notice } from "../../../ui/Notice";
import { TextField } from "../../../ui/TextField";
import { Card } from "../Card";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";
import { QueryView } from "../QueryView";
import { TypedConfirm } from "../TypedConfirm";

/** Ways in without a password. */
export function Passkeys(): JSX.Element {
  const t = useSettingsTexts();
  const { locale } = useTexts();
  const live = useLive();
  const queries = useQueryClient();
  const add = createChange();
  const [name, setName] = createSignal("");
  const [cancelled, setCancelled] = createSignal(false);
  const [removing, setRemoving] = createSignal<Passkey>();
  const query = useQuery(() => ({
    queryKey: ["passkeys"],
    queryFn: ({ signal }) => fetchPasskeys(live.caller, signal),
  }));
  const reload = () => queries.invalidateQueries({ queryKey: ["passkeys"] });

  async function make(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setCancelled(false);
    await add.run(async () => {
      const made = await makePasskey(await beginPasskey(live.caller));
      setCancelled(made === undefined);
      if (!made) return;
      await finishPasskey(name().trim(), made, live.caller);
      setName("");
      await reload();
    });
  }
  const past = (passkey: Passkey) =>
    [
      t("passkeys.created", { when: formatMoment(passkey.created, locale()) }),
      passkey.lastUsed === undefined
        ? t("passkeys.unused")
        : t("passkeys.used", { age: formatAge(live.now() - passkey.lastUsed) }),
      ...(passkey.synced ? [t("passkeys.synced")] : []),
    ].join(", ");
  return (
    <Card title={t("passkeys.title")} lead={t("passkeys.lead")}>
      <QueryView query={query}>
        {(passkeys) => (
          <Show when={passkeys().length > 0} fallback={<p class="p-4 text-dim">{t("passkeys.none")}</p>}>
            <ul>
              <For each={passkeys()}>
                {(passkey) => (
                  <li class="flex items-center gap-3 border-b border-line px-4 py-2.5">
                    <div class="min-w-0 flex-1">
                      <p class="font-medium wrap-anywhere">{passkey.name}</p>
                      <p class="text-[12px] text-dim">{past(passkey)}</p>
                    </div>
                    <Button
                      aria-label={t("passkeys.removeOf", { name: passkey.name })}
                      onClick={() => setRemoving(passkey)}
                    >
                      {t("common.remove")}
                    </Button>
                  </li>
                )}
              </For>
            </ul>
          </Show>
        )}
      </QueryView>
      <div class="p-4 pt-2">
        <Show when={arePasskeysSupported()} fallback={<p class="text-dim">{t("passkeys.unsupported")}</p>}>
          <form class="flex flex-col gap-4" onSubmit={(event) => void make(event)}>
            <FailureNotice failure={add.failure()} />
            <Show when={cancelled()}>
              <Notice tone="warn">{t("passkeys.cancelled")}</Notice>
            </Show>
            <TextField
              label={t("passkeys.name")}
              hint={t("passkeys.nameHint")}
              value={name()}
              onInput={setName}
            />
            <div>
              <Button type="submit" disabled={!name().trim() || add.busy()}>
                {t("passkeys.add")}
              </Button>
            </div>
          </form>
        </Show>
      </div>
      <Show when={removing()} keyed>
        {(passkey) => (
          <TypedConfirm
            title={t("passkeys.removeOf", { name: passkey.name })}
            lead={t("passkeys.removeLead")}
            word={passkey.name}
            action={t("common.remove")}
            onConfirm={async () => {
              await removePasskey(passkey.id, live.caller);
              await reload();
            }}
            onClose={() => setRemoving(undefined)}
          />
        )}
      </Show>
    </Card>
  );
}
