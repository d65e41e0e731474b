import { createSignal, type JSX, Show } from "solid-js";
import { tryProvider } from "../../../api/signOnCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { Notice } from "../../../ui/Notice";
import { Card } from "../Card";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";
import { placeOf } from "./places";

export interface ProviderTrialProps {
  readonly id: string;
  readonly enabled: boolean;
}

/** Asks a provider whether it is there, and offers to go through a sign-in. */
export function ProviderTrial(props: ProviderTrialProps): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const test = createChange();
  const [address, setAddress] = createSignal<string>();
  const run = () =>
    test.run(async () => {
      setAddress(undefined);
      setAddress(await tryProvider(props.id, placeOf(props.id), live.caller));
    });
  return (
    <Card title={t("signOn.test")} lead={t("signOn.testHint")}>
      <div class="flex flex-col items-start gap-3 p-4">
        <FailureNotice failure={test.failure()} />
        <Show when={test.done() && address()}>
          {(url) => (
            <>
              <Notice tone="good">{t("signOn.testGood")}</Notice>
              <a href={url()} rel="external" class="text-accent underline underline-offset-2">
                {t("signOn.testTry")}
              </a>
            </>
          )}
        </Show>
        <Button disabled={!props.enabled || test.busy()} onClick={() => void run()}>
          {test.busy() ? t("signOn.testing") : t("signOn.test")}
        </Button>
      </div>
    </Card>
  );
}
