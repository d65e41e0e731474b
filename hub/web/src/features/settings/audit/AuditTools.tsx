import { createSignal, type JSX, Match, Show, Switch } from "solid-js";
import {
  type AuditFilter,
  type AuditReport,
  type ExportFormat,
  exportAudit,
  exportFormats,
  verifyAudit,
} from "../../../api/auditCalls";
import { formatCount } from "../../../format/numbers";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useTexts } from "../../../i18n/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { Notice } from "../../../ui/Notice";
import { createChange } from "../createChange";
import { download } from "../download";
import { FailureNotice } from "../FailureNotice";

/** Checks that the log is as it was written, and takes it along. */
export function AuditTools(props: { readonly filter: () => AuditFilter }): JSX.Element {
  const t = useSettingsTexts();
  const { locale } = useTexts();
  const live = useLive();
  const verify = createChange();
  const save = createChange();
  const [report, setReport] = createSignal<AuditReport>();
  const check = () =>
    verify.run(async () => {
      setReport(undefined);
      setReport(await verifyAudit(live.caller));
    });
  const exportAs = (format: ExportFormat) =>
    save.run(async () =>
      download(await exportAudit(props.filter(), format, live.caller), `pulse-audit.${format}`),
    );
  const label = (format: ExportFormat) => t(format === "csv" ? "audit.exportCsv" : "audit.exportNdjson");
  return (
    <div class="flex flex-col gap-2.5 border-b border-line px-4 py-2.5">
      <div class="flex flex-wrap gap-2.5">
        <Button disabled={verify.busy()} onClick={() => void check()}>
          {verify.busy() ? t("audit.verifying") : t("audit.verify")}
        </Button>
        {exportFormats.map((format) => (
          <Button disabled={save.busy()} onClick={() => void exportAs(format)}>
            {save.busy() ? t("audit.exporting") : label(format)}
          </Button>
        ))}
      </div>
      <FailureNotice failure={verify.failure() ?? save.failure()} />
      <Show when={report()}>
        {(found) => (
          <Switch
            fallback={
              <Notice tone="good">
                {t("audit.intact", { count: formatCount(found().checked, locale()) })}
              </Notice>
            }
          >
            <Match when={found().problem}>
              {(problem) => (
                <Notice tone="bad">
                  {t("audit.broken", { at: String(found().at ?? "?"), problem: problem() })}
                </Notice>
              )}
            </Match>
          </Switch>
        )}
      </Show>
    </div>
  );
}
