import { createSignal, type JSX } from "solid-js";
import { confirmSecondFactor, type SecondFactorSetup } from "../../../api/accountCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { CopyLine } from "../../../ui/CopyLine";
import { TextField } from "../../../ui/TextField";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";
import { QrCode } from "./QrCode";

export interface FactorSetupProps {
  readonly setup: SecondFactorSetup;
  /** Gets the recovery codes. */
  readonly onOn: (codes: readonly string[]) => void;
  readonly onCancel: () => void;
}

/** Shows the key of a second factor, and turns it on with the first code. */
export function FactorSetup(props: FactorSetupProps): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const change = createChange();
  const [code, setCode] = createSignal("");
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (!code().trim()) return;
    await change.run(async () => props.onOn(await confirmSecondFactor(code().trim(), live.caller)));
  }
  return (
    <form class="flex flex-col gap-4" onSubmit={(event) => void submit(event)}>
      <p class="text-dim">{t("factor.scan")}</p>
      <div class="flex flex-wrap gap-5">
        <QrCode text={props.setup.url} label={t("factor.qr")} />
        <div class="flex min-w-60 flex-1 flex-col gap-4">
          <CopyLine text={props.setup.secret} label={t("factor.key")} />
          <FailureNotice failure={change.failure()} />
          <TextField
            label={t("factor.code")}
            autocomplete="one-time-code"
            inputMode="numeric"
            mono
            focus
            value={code()}
            onInput={setCode}
          />
          <div class="flex gap-2.5">
            <Button look="primary" type="submit" disabled={!code().trim() || change.busy()}>
              {t("factor.confirm")}
            </Button>
            <Button onClick={() => props.onCancel()}>{t("common.cancel")}</Button>
          </div>
        </div>
      </div>
    </form>
  );
}
