import { For, type JSX } from "solid-js";
import { type AccessListName, accessLists } from "../../../api/signOnCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { ListField } from "../../../ui/ListField";

export interface AccessFieldsProps {
  readonly lists: Readonly<Record<AccessListName, readonly string[]>>;
  readonly disabled: boolean;
  /** Why a field cannot be changed; undefined: it can. */
  readonly lockedHint?: (name: AccessListName) => string | undefined;
  readonly onChange: (name: AccessListName, values: readonly string[]) => void;
}

/** Who may sign in through a provider. */
export function AccessFields(props: AccessFieldsProps): JSX.Element {
  const t = useSettingsTexts();
  return (
    <fieldset class="flex flex-col gap-4">
      <legend class="mb-2 font-semibold">{t("signOn.who")}</legend>
      <For each={accessLists}>
        {(name) => (
          <ListField
            label={t(`signOn.${name}`)}
            hint={props.lockedHint?.(name) ?? t("signOn.listHint")}
            disabled={props.disabled}
            values={props.lists[name]}
            onInput={(values) => props.onChange(name, values)}
          />
        )}
      </For>
    </fieldset>
  );
}
