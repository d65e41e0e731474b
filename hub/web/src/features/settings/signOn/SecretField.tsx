import { type JSX, Show } from "solid-js";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { CheckField } from "../../../ui/CheckField";
import { TextField } from "../../../ui/TextField";

export interface SecretFieldProps {
  /** What was typed; empty keeps what is set. */
  readonly value: string;
  readonly isSet: boolean;
  readonly remove: boolean;
  readonly locked: boolean;
  readonly lockedHint: string | undefined;
  readonly onInput: (secret: string) => void;
  readonly onRemove: (remove: boolean) => void;
}

/** The client secret, which is never shown: kept, replaced or removed. */
export function SecretField(props: SecretFieldProps): JSX.Element {
  const t = useSettingsTexts();
  return (
    <>
      <TextField
        label={t("signOn.clientSecret")}
        type="password"
        autocomplete="new-password"
        hint={props.lockedHint ?? (props.isSet ? t("signOn.secretSet") : "")}
        disabled={props.locked || props.remove}
        value={props.value}
        onInput={props.onInput}
      />
      <Show when={props.isSet && !props.locked}>
        <CheckField label={t("signOn.removeSecret")} checked={props.remove} onChange={props.onRemove} />
      </Show>
    </>
  );
}
