import { type JSX, Show } from "solid-js";
import { useTexts } from "../i18n/texts";
import { useLive } from "../state/connection";
import { LevelMark } from "./LevelMark";

/** Says beside a resource's name that it has alerts, and how bad the worst is; nothing for one without. */
export function AlertMark(props: { readonly resource: string }): JSX.Element {
  const { t } = useTexts();
  const { alerts } = useLive();
  const own = () => alerts.ofResource(props.resource);
  const worst = () => own().find((alert) => !alert.acknowledged) ?? own()[0];
  const title = () =>
    own()
      .map((alert) => alert.message)
      .join("\n");
  const words = () =>
    own().length === 1 ? t("alerts.mark_one") : t("alerts.mark_other", { count: own().length });
  return (
    <Show when={worst()}>
      {(alert) => (
        <span
          class="mr-2 inline-flex items-center gap-1 align-baseline text-[12px] font-normal text-dim"
          title={title()}
        >
          <LevelMark level={alert().level} hollow={alert().acknowledged} />
          <span class="sr-only">{words()}: </span>
          <Show when={own().length > 1}>
            <span aria-hidden="true">{own().length}</span>
          </Show>
        </span>
      )}
    </Show>
  );
}
