import Check from "lucide-solid/icons/check";
import Undo2 from "lucide-solid/icons/undo-2";
import X from "lucide-solid/icons/x";
import { type Component, type JSX, Show } from "solid-js";
import { Dynamic } from "solid-js/web";
import type { AlertOrder } from "../../api/alertCalls";
import type { Alert } from "../../api/alertTypes";
import { useTexts } from "../../i18n/texts";
import { useAlertName } from "./alertName";

export interface RowActionsProps {
  readonly alert: Alert;
  readonly onOrder: (order: AlertOrder) => void;
}

const icons: Readonly<Record<AlertOrder, Component<{ class?: string }>>> = {
  acknowledge: Check,
  unacknowledge: Undo2,
  clear: X,
};

/**
 * What one can do about an alert, within its row. Out of the order of tabs, so
 * that a table of a thousand is not thousands of stops: there are keys for it,
 * and the drawer has the same buttons.
 */
export function RowActions(props: RowActionsProps): JSX.Element {
  const { t } = useTexts();
  const name = useAlertName();
  const button = (order: AlertOrder, hint?: string) => (
    <button
      type="button"
      tabIndex={-1}
      class="grid size-7 place-items-center rounded-box text-dim hover:bg-accent-soft hover:text-accent"
      aria-label={`${t(`alerts.${order}`)}: ${name(props.alert)}`}
      title={hint ? `${t(`alerts.${order}`)}. ${hint}` : t(`alerts.${order}`)}
      onClick={(event) => {
        event.stopPropagation();
        props.onOrder(order);
      }}
    >
      <Dynamic component={icons[order]} class="size-4" aria-hidden="true" />
    </button>
  );
  return (
    <span class="inline-flex justify-end gap-0.5 align-middle">
      <Show when={props.alert.acknowledged} fallback={button("acknowledge")}>
        {button("unacknowledge", t("alerts.unacknowledgeHint"))}
      </Show>
      {button("clear", t("alerts.clearHint"))}
    </span>
  );
}
