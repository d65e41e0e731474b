import { useQueryClient } from "@tanstack/solid-query";
import { createSignal, createUniqueId, type JSX, Show } from "solid-js";
import { type Bundle, type ImportPlan, importConfig, planImport } from "../../../api/transferCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { Notice } from "../../../ui/Notice";
import { TextField } from "../../../ui/TextField";
import { Card } from "../Card";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";
import { TypedConfirm } from "../TypedConfirm";
import { PlanView } from "./PlanView";

/** The hub takes no larger ones. */
const largest = 8 << 20;

/** Brings a configuration back: first what it would change, then the change itself. */
export function ImportCard(): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const queries = useQueryClient();
  const id = createUniqueId();
  const check = createChange();
  const [file, setFile] = createSignal<File>();
  const [passphrase, setPassphrase] = createSignal("");
  const [checked, setChecked] = createSignal<{ readonly bundle: Bundle; readonly plan: ImportPlan }>();
  const [confirming, setConfirming] = createSignal(false);
  const [applied, setApplied] = createSignal(false);
  const tooLarge = () => (file()?.size ?? 0) > largest;

  /** What was found out holds for what was chosen then. */
  function restart(): void {
    setChecked(undefined);
    setApplied(false);
    check.forget();
  }
  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const chosen = file();
    if (!chosen || tooLarge() || !passphrase()) return;
    restart();
    void check.run(async () => {
      const bundle = { data: (await chosen.text()).trim(), passphrase: passphrase() };
      setChecked({ bundle, plan: await planImport(bundle, live.caller) });
    });
  }
  return (
    <Card title={t("transfer.import")} lead={t("transfer.importLead")}>
      <form class="flex flex-col gap-4 p-4" onSubmit={submit}>
        <div class="flex flex-col gap-1.5">
          <label for={id} class="font-medium">
            {t("transfer.file")}
          </label>
          <input
            id={id}
            type="file"
            class="max-w-full file:mr-3 file:h-8 file:cursor-pointer file:rounded-box file:border file:border-line-strong file:bg-raised file:px-3 file:text-text"
            onChange={(event) => {
              setFile(event.currentTarget.files?.[0]);
              restart();
            }}
          />
          <Show when={tooLarge()}>
            <span class="text-[12px] text-bad" role="alert">
              {t("transfer.tooLarge")}
            </span>
          </Show>
        </div>
        <TextField
          label={t("transfer.passphrase")}
          type="password"
          value={passphrase()}
          onInput={(value) => {
            setPassphrase(value);
            restart();
          }}
        />
        <div>
          <Button type="submit" disabled={!file() || tooLarge() || !passphrase() || check.busy()}>
            {check.busy() ? t("transfer.checking") : t("transfer.check")}
          </Button>
        </div>
        <FailureNotice failure={check.failure()} />
        <Show when={applied()}>
          <Notice tone="good">{t("transfer.applied")}</Notice>
        </Show>
        <Show when={checked()}>
          {(found) => (
            <>
              <PlanView plan={found().plan} />
              <div>
                <Button look="primary" onClick={() => setConfirming(true)}>
                  {t("transfer.apply")}
                </Button>
              </div>
            </>
          )}
        </Show>
      </form>
      <Show when={confirming() && checked()} keyed>
        {(found) => (
          <TypedConfirm
            title={t("transfer.import")}
            lead={t("transfer.confirmLead", {
              removed: String(found.plan.removed.length),
              changed: String(found.plan.changed.length),
            })}
            word={t("transfer.confirmWord")}
            action={t("transfer.apply")}
            onConfirm={async () => {
              await importConfig(found.bundle, live.caller);
              setChecked(undefined);
              setApplied(true);
              await queries.invalidateQueries();
            }}
            onClose={() => setConfirming(false)}
          />
        )}
      </Show>
    </Card>
  );
}
