import { For, type JSX } from "solid-js";
import { useLive } from "../../state/connection";
import { Notice } from "../../ui/Notice";

/** Says across the page what is wrong with the hub itself. */
export function ConditionsBanner(): JSX.Element {
  const live = useLive();
  return (
    <For each={live.conditions()}>
      {(condition) => (
        <div class="bg-panel px-4 py-2.5" role="alert">
          <Notice tone={condition.severity === "critical" ? "bad" : "warn"}>{condition.message}</Notice>
        </div>
      )}
    </For>
  );
}
