import type { JSX } from "solid-js";
import type { Alert } from "../../api/alertTypes";
import { useTexts } from "../../i18n/texts";
import { useAlertName } from "./alertName";

export interface ChooseBoxProps {
  readonly alert: Alert;
  readonly checked: boolean;
  readonly onToggle: () => void;
}

/** Chooses an alert for what is done with several; its key is x, see RowActions for why there is no tab stop. */
export function ChooseBox(props: ChooseBoxProps): JSX.Element {
  const { t } = useTexts();
  const name = useAlertName();
  return (
    <input
      type="checkbox"
      tabIndex={-1}
      class="size-4 shrink-0 accent-[var(--accent)]"
      aria-label={t("alerts.select", { name: name(props.alert) })}
      checked={props.checked}
      onClick={(event) => event.stopPropagation()}
      onChange={() => props.onToggle()}
    />
  );
}
