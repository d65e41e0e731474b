import { createSignal, For, type JSX } from "solid-js";
import type { SecurityStatus } from "../../api/signInCalls";
import { useEntranceTexts } from "../../i18n/entrance/texts";
import { Button } from "../../ui/Button";
import { CopyLine } from "../../ui/CopyLine";
import { TextField } from "../../ui/TextField";
import type { FirstRunState } from "./createFirstRun";
import { readCommands } from "./readCommands";

export interface BootstrapStepProps {
  readonly state: FirstRunState;
  readonly status: SecurityStatus;
}

/** Asks for the token that only somebody on the machine of the hub can read. */
export function BootstrapStep(props: BootstrapStepProps): JSX.Element {
  const t = useEntranceTexts();
  const [token, setToken] = createSignal("");
  return (
    <form
      class="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        if (token().trim()) void props.state.giveBootstrapToken(token());
      }}
    >
      <p class="text-dim">{t("first.bootstrapLead")}</p>
      <For each={readCommands(props.status)}>
        {(item) => (
          <div class="flex flex-col gap-1.5">
            <span class="text-[12px] font-medium text-dim">
              {t("first.readIt")}: {t(`first.${item.where}`)}
            </span>
            <CopyLine text={item.command} label={t(`first.${item.where}`)} />
          </div>
        )}
      </For>
      <TextField label={t("first.bootstrap")} mono focus value={token()} onInput={setToken} />
      <Button look="primary" type="submit" class="h-10" disabled={props.state.busy()}>
        {props.state.busy() ? t("signIn.checking") : t("first.next")}
      </Button>
    </form>
  );
}
