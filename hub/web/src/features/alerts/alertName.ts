import type { Alert } from "../../api/alertTypes";
import { useTexts } from "../../i18n/texts";
import { useAlertType } from "../../ui/alertType";

/** What an alert is called in a sentence: its type and what it is about. */
export function useAlertName(): (alert: Alert) => string {
  const { t } = useTexts();
  const typeName = useAlertType();
  return (alert) =>
    alert.resourceName === ""
      ? typeName(alert.type)
      : t("alerts.of", { type: typeName(alert.type), name: alert.resourceName });
}
