import type { JSX } from "solid-js";
import type { AlertLevel } from "../../api/alertTypes";
import { useTexts } from "../../i18n/texts";
import { Segmented } from "../../ui/Segmented";

export interface LevelChoiceProps {
  /** Undefined: all. */
  readonly value: AlertLevel | undefined;
  readonly onChange: (level: AlertLevel | undefined) => void;
}

/** Which level of alerts is shown. */
export function LevelChoice(props: LevelChoiceProps): JSX.Element {
  const { t } = useTexts();
  return (
    <Segmented<AlertLevel | "all">
      label={t("alerts.level")}
      value={props.value ?? "all"}
      options={[
        { value: "all", text: t("alerts.all") },
        { value: "critical", text: t("alerts.critical") },
        { value: "warning", text: t("alerts.warning") },
      ]}
      onChange={(level) => props.onChange(level === "all" ? undefined : level)}
    />
  );
}
