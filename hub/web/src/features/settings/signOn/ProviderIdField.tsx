import type { JSX } from "solid-js";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { TextField } from "../../../ui/TextField";
import { isProviderId } from "./places";

export interface ProviderIdFieldProps {
  readonly value: string;
  readonly onInput: (id: string) => void;
}

/** The name of a new provider for the hub, which stays. */
export function ProviderIdField(props: ProviderIdFieldProps): JSX.Element {
  const t = useSettingsTexts();
  const wrong = () => props.value.trim() !== "" && !isProviderId(props.value.trim());
  return (
    <TextField
      label={t("providers.id")}
      hint={t("providers.idHint")}
      error={wrong() ? t("providers.idWrong") : undefined}
      focus
      value={props.value}
      onInput={props.onInput}
    />
  );
}
