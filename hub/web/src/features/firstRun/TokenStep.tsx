import { createSignal, type JSX } from "solid-js";
import { useEntranceTexts } from "../../i18n/entrance/texts";
import { Button } from "../../ui/Button";
import { CheckField } from "../../ui/CheckField";
import { CopyLine } from "../../ui/CopyLine";
import type { FirstRunState } from "./createFirstRun";

/** Shows the first API token, this once, and sets the hub up. */
export function TokenStep(props: { readonly state: FirstRunState }): JSX.Element {
  const t = useEntranceTexts();
  const [kept, setKept] = createSignal(false);
  return (
    <form
      class="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        if (kept()) void props.state.finish();
      }}
    >
      <p class="text-dim">{t("first.tokenLead")}</p>
      <CopyLine text={props.state.apiToken} label={t("first.tokenTitle")} />
      <CheckField label={t("first.tokenCopied")} checked={kept()} onChange={setKept} />
      <Button look="primary" type="submit" class="h-10" disabled={!kept() || props.state.busy()}>
        {props.state.busy() ? t("first.finishing") : t("first.finish")}
      </Button>
      <Button look="quiet" disabled={props.state.busy()} onClick={() => props.state.back()}>
        {t("first.back")}
      </Button>
    </form>
  );
}
