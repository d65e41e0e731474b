import { type JSX, Show } from "solid-js";
import type { Alert } from "../../api/alertTypes";
import { formatAlertValue, isMeasured } from "../../format/alertValue";
import { none } from "../../format/numbers";
import { useTexts } from "../../i18n/texts";

/** What was measured, and the threshold it is compared with; nothing of a state. */
export function AlertValue(props: { readonly alert: Alert }): JSX.Element {
  const { locale } = useTexts();
  const text = (value: number) => formatAlertValue(value, props.alert.type, locale());
  return (
    <Show when={isMeasured(props.alert)} fallback={<span class="text-faint">{none}</span>}>
      <span class="num">
        <span class={props.alert.acknowledged ? "text-dim" : "font-medium"}>{text(props.alert.value)}</span>
        <Show when={props.alert.threshold !== 0}>
          <span class="text-faint"> / {text(props.alert.threshold)}</span>
        </Show>
      </span>
    </Show>
  );
}
