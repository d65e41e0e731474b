import type { JSX } from "solid-js";
import type { Alert } from "../../api/alertTypes";
import { useAlertType } from "../../ui/alertType";
import { LevelMark } from "../../ui/LevelMark";

/** How bad an alert is, and of what type. */
export function AlertTitle(props: { readonly alert: Alert }): JSX.Element {
  const typeName = useAlertType();
  return (
    <span class="flex items-center gap-2.5">
      <LevelMark level={props.alert.level} hollow={props.alert.acknowledged} />
      <span
        class={`min-w-0 truncate ${props.alert.acknowledged ? "text-dim" : "font-medium text-text"}`}
        title={typeName(props.alert.type)}
      >
        {typeName(props.alert.type)}
      </span>
    </span>
  );
}
