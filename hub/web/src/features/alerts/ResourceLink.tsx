import { type JSX, Show } from "solid-js";
import type { Alert } from "../../api/alertTypes";
import { none } from "../../format/numbers";
import { useLive } from "../../state/connection";
import { createSelection } from "../../state/selection";

export interface ResourceLinkProps {
  readonly alert: Pick<Alert, "resource" | "resourceName">;
  /** Can be reached with the tab key; in rows it is not, see RowActions. */
  readonly reachable?: boolean;
}

/** What an alert is about; a way to its details if the page knows it. */
export function ResourceLink(props: ResourceLinkProps): JSX.Element {
  const { store } = useLive();
  const selection = createSelection();
  return (
    <Show
      when={props.alert.resource !== "" && store.resource(props.alert.resource)}
      fallback={<span class="text-dim">{props.alert.resourceName || none}</span>}
    >
      <button
        type="button"
        tabIndex={props.reachable ? 0 : -1}
        class="max-w-full truncate align-middle text-accent hover:underline"
        title={props.alert.resourceName}
        onClick={(event) => {
          event.stopPropagation();
          selection.open(props.alert.resource);
        }}
      >
        {props.alert.resourceName}
      </button>
    </Show>
  );
}
