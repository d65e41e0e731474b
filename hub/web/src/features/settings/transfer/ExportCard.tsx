import { createSignal, type JSX, Show } from "solid-js";
import { exportConfig } from "../../../api/transferCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { CheckField } from "../../../ui/CheckField";
import { NewPassword } from "../../../ui/NewPassword";
import { Notice } from "../../../ui/Notice";
import { Card } from "../Card";
import { createChange } from "../createChange";
import { download } from "../download";
import { FailureNotice } from "../FailureNotice";

/** What the file is called: with the day it was made on. */
function fileName(now: Date): string {
  return `pulse-config-${now.toISOString().slice(0, 10)}.txt`;
}

/** Downloads the configuration, encrypted. */
export function ExportCard(): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const change = createChange();
  const [passphrase, setPassphrase] = createSignal<string>();
  const [includeUsers, setIncludeUsers] = createSignal(false);
  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const chosen = passphrase();
    if (!chosen) return;
    void change.run(async () => {
      const data = await exportConfig({ passphrase: chosen, includeUsers: includeUsers() }, live.caller);
      download(new Blob([data], { type: "text/plain" }), fileName(new Date()));
    });
  }
  return (
    <Card title={t("transfer.export")} lead={t("transfer.exportLead")}>
      <form class="flex flex-col gap-4 p-4" onSubmit={submit}>
        <FailureNotice failure={change.failure()} />
        <Show when={change.done()}>
          <Notice tone="good">{t("transfer.exported")}</Notice>
        </Show>
        <NewPassword
          name=""
          label={t("transfer.passphrase")}
          againLabel={t("transfer.again")}
          onChange={setPassphrase}
        />
        <CheckField
          label={t("transfer.includeUsers")}
          hint={t("transfer.includeUsersHint")}
          checked={includeUsers()}
          onChange={setIncludeUsers}
        />
        <div>
          <Button look="primary" type="submit" disabled={!passphrase() || change.busy()}>
            {change.busy() ? t("transfer.exporting") : t("transfer.download")}
          </Button>
        </div>
      </form>
    </Card>
  );
}
