import Check from "lucide-solid/icons/check";
import Undo2 from "lucide-solid/icons/undo-2";
import X from "lucide-solid/icons/x";
import { type JSX, Show } from "solid-js";
import type { AlertOrder } from "../../api/alertCalls";
import type { Alert } from "../../api/alertTypes";
import { useTexts } from "../../i18n/texts";
import { Button } from "../../ui/Button";

export interface AlertActionsProps {
  readonly alert: Alert;
  readonly onOrder: (order: AlertOrder) => void;
}

/** What one can do about an alert. */
export function AlertActions(props: AlertActionsProps): JSX.Element {
  const { t } = useTexts();
  return (
    <div class="flex flex-wrap gap-2">
      <Show
        when={props.alert.acknowledged}
        fallback={
          <Button look="primary" onClick={() => props.onOrder("acknowledge")}>
            <Check class="size-4" aria-hidden="true" />
            {t("alerts.acknowledge")}
          </Button>
        }
      >
        <Button title={t("alerts.unacknowledgeHint")} onClick={() => props.onOrder("unacknowledge")}>
          <Undo2 class="size-4" aria-hidden="true" />
          {t("alerts.unacknowledge")}
        </Button>
      </Show>
      <Button title={t("alerts.clearHint")} onClick={() => props.onOrder("clear")}>
        <X class="size-4" aria-hidden="true" />
        {t("alerts.clear")}
      </Button>
    </div>
  );
}
