import { type JSX, Show } from "solid-js";
import type { Alert } from "../../api/alertTypes";
import { useAlertType } from "../../ui/alertType";
import { LevelMark } from "../../ui/LevelMark";
import { ResourceLink } from "./ResourceLink";

/** How bad an alert is, of what type, of what, and where that is. */
export function AlertHeading(props: { readonly alert: Alert }): JSX.Element {
  const typeName = useAlertType();
  return (
    <>
      <h2 class="flex items-center gap-2.5 text-base leading-6 font-semibold tracking-tight">
        <LevelMark level={props.alert.level} hollow={props.alert.acknowledged} />
        <span class="min-w-0 truncate">{typeName(props.alert.type)}</span>
      </h2>
      <p class="truncate">
        <ResourceLink alert={props.alert} reachable />
        <Show when={props.alert.node && props.alert.node !== props.alert.resourceName}>
          <span class="text-faint"> · {props.alert.node}</span>
        </Show>
      </p>
    </>
  );
}
