import { useQueryClient } from "@tanstack/solid-query";
import { createSignal, type JSX, Match, Show, Switch } from "solid-js";
import {
  beginSecondFactor,
  disableSecondFactor,
  renewRecoveryCodes,
  type SecondFactorSetup,
} from "../../../api/accountCalls";
import type { User } from "../../../api/userCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { Card } from "../Card";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";
import { FactorSetup } from "./FactorSetup";
import { PasswordAgain } from "./PasswordAgain";
import { RecoveryCodes } from "./RecoveryCodes";
import { accountKey } from "./useAccount";

type Step =
  | { readonly kind: "rest" }
  | { readonly kind: "setup"; readonly setup: SecondFactorSetup }
  | { readonly kind: "codes"; readonly codes: readonly string[] }
  | { readonly kind: "off" | "renew" };

const rest: Step = { kind: "rest" };

/** Codes of an authenticator app: setting it up, its recovery codes, and turning it off. */
export function SecondFactor(props: { readonly user: User }): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const queries = useQueryClient();
  const begin = createChange();
  const [step, setStep] = createSignal<Step>(rest);
  const setup = () => {
    const now = step();
    return now.kind === "setup" ? now.setup : undefined;
  };
  const codes = () => {
    const now = step();
    return now.kind === "codes" ? now.codes : undefined;
  };
  const settle = (next: Step) => {
    setStep(next);
    void queries.invalidateQueries({ queryKey: accountKey });
    void queries.invalidateQueries({ queryKey: ["users"] });
  };
  const start = () =>
    begin.run(async () => {
      setStep({ kind: "setup", setup: await beginSecondFactor(live.caller) });
    });
  return (
    <Card title={t("factor.title")} lead={t("factor.lead")}>
      <div class="flex flex-col gap-4 p-4">
        <FailureNotice failure={begin.failure()} />
        <Switch>
          <Match when={setup()}>
            {(data) => (
              <FactorSetup
                setup={data()}
                onOn={(made) => settle({ kind: "codes", codes: made })}
                onCancel={() => setStep(rest)}
              />
            )}
          </Match>
          <Match when={codes()}>
            {(made) => <RecoveryCodes codes={made()} onKept={() => setStep(rest)} />}
          </Match>
          <Match when={step().kind === "off"}>
            <PasswordAgain
              action={t("factor.turnOff")}
              onConfirm={async (password) => {
                await disableSecondFactor(password, live.caller);
                settle(rest);
              }}
              onCancel={() => setStep(rest)}
            />
          </Match>
          <Match when={step().kind === "renew"}>
            <PasswordAgain
              action={t("factor.renew")}
              onConfirm={async (password) =>
                settle({ kind: "codes", codes: await renewRecoveryCodes(password, live.caller) })
              }
              onCancel={() => setStep(rest)}
            />
          </Match>
          <Match when={step().kind === "rest"}>
            <p>
              {props.user.secondFactor
                ? t("factor.on", { count: String(props.user.recoveryCodes) })
                : t("factor.off")}
            </p>
            <div class="flex flex-wrap gap-2.5">
              <Show
                when={props.user.secondFactor}
                fallback={
                  <Button disabled={begin.busy()} onClick={() => void start()}>
                    {t("factor.begin")}
                  </Button>
                }
              >
                <Button onClick={() => setStep({ kind: "renew" })}>{t("factor.renew")}</Button>
                <Button onClick={() => setStep({ kind: "off" })}>{t("factor.turnOff")}</Button>
              </Show>
            </div>
          </Match>
        </Switch>
      </div>
    </Card>
  );
}
