import { For, type JSX } from "solid-js";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { Button } from "../../../ui/Button";
import { CopyLine } from "../../../ui/CopyLine";

export interface RecoveryCodesProps {
  readonly codes: readonly string[];
  readonly onKept: () => void;
}

/** Codes that are shown this once. */
export function RecoveryCodes(props: RecoveryCodesProps): JSX.Element {
  const t = useSettingsTexts();
  return (
    <div class="flex flex-col gap-3">
      <h3 class="font-medium">{t("factor.codes")}</h3>
      <p class="text-dim">{t("factor.codesLead")}</p>
      <ul class="grid grid-cols-2 gap-x-6 gap-y-1 font-mono sm:grid-cols-3">
        <For each={props.codes}>{(code) => <li>{code}</li>}</For>
      </ul>
      <CopyLine text={props.codes.join(" ")} label={t("factor.codes")} />
      <div>
        <Button look="primary" onClick={() => props.onKept()}>
          {t("factor.codesKept")}
        </Button>
      </div>
    </div>
  );
}
