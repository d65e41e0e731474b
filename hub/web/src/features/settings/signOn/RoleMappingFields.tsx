import ArrowDown from "lucide-solid/icons/arrow-down";
import ArrowUp from "lucide-solid/icons/arrow-up";
import X from "lucide-solid/icons/x";
import { Index, type JSX, Show } from "solid-js";
import { makesEverybodyAdmin, type RoleMapping, type RoleRule } from "../../../api/roleMapping";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { Button } from "../../../ui/Button";
import { Notice } from "../../../ui/Notice";
import { SelectField } from "../SelectField";
import { moveItem } from "./moveItem";
import { useRoleNames } from "./useRoleNames";

export interface RoleMappingFieldsProps {
  readonly mapping: RoleMapping;
  readonly disabled: boolean;
  /** Why no rule can match: the provider is not asked for groups. Undefined: it is. */
  readonly groupsMissing: string | undefined;
  readonly onChange: (mapping: RoleMapping) => void;
}

/** Which role people get by the groups that the provider names. */
export function RoleMappingFields(props: RoleMappingFieldsProps): JSX.Element {
  const t = useSettingsTexts();
  const roles = useRoleNames();
  const rules = () => props.mapping.rules;
  const setRules = (next: readonly RoleRule[]) => props.onChange({ ...props.mapping, rules: next });
  /** A role that is gone keeps its name, so that it is not taken for another. */
  const options = (current: string) =>
    [...new Set([...roles(), current])].filter(Boolean).map((name) => ({ value: name, text: name }));
  const fallback = () => roles().at(-1) ?? "";
  const noDefault = () => t(rules().length > 0 ? "roleMapping.refused" : "roleMapping.unset");
  return (
    <fieldset class="flex flex-col gap-4">
      <legend class="mb-2 font-semibold">{t("roleMapping.title")}</legend>
      <p class="text-dim">{t("roleMapping.lead")}</p>
      <Show when={makesEverybodyAdmin(props.mapping)}>
        <Notice tone="warn">{t("roleMapping.everybodyAdmin")}</Notice>
      </Show>
      <Show when={rules().length > 0 && props.groupsMissing}>
        {(why) => <Notice tone="warn">{why()}</Notice>}
      </Show>
      <Show when={rules().length > 0}>
        <ol class="flex flex-col gap-2.5">
          <Index each={rules()}>
            {(rule, at) => (
              <RuleRow
                number={at + 1}
                rule={rule()}
                options={options(rule().role)}
                last={at === rules().length - 1}
                disabled={props.disabled}
                onChange={(next) => setRules(rules().with(at, next))}
                onMove={(by) => setRules(moveItem(rules(), at, at + by))}
                onRemove={() => setRules(rules().toSpliced(at, 1))}
              />
            )}
          </Index>
        </ol>
      </Show>
      <div>
        <Button
          disabled={props.disabled}
          onClick={() => setRules([...rules(), { group: "", role: fallback() }])}
        >
          {t("roleMapping.add")}
        </Button>
      </div>
      <SelectField
        label={t("roleMapping.default")}
        value={props.mapping.defaultRole}
        disabled={props.disabled}
        options={[{ value: "", text: noDefault() }, ...options(props.mapping.defaultRole)]}
        onChange={(defaultRole) => props.onChange({ ...props.mapping, defaultRole })}
      />
    </fieldset>
  );
}

interface RuleRowProps {
  /** Counted from 1. */
  readonly number: number;
  readonly rule: RoleRule;
  readonly options: readonly { readonly value: string; readonly text: string }[];
  readonly last: boolean;
  readonly disabled: boolean;
  readonly onChange: (rule: RoleRule) => void;
  readonly onMove: (by: 1 | -1) => void;
  readonly onRemove: () => void;
}

function RuleRow(props: RuleRowProps): JSX.Element {
  const t = useSettingsTexts();
  const number = () => ({ number: String(props.number) });
  return (
    <li class="flex flex-wrap items-center gap-2">
      <input
        type="text"
        aria-label={t("roleMapping.groupOf", number())}
        placeholder={t("roleMapping.group")}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        disabled={props.disabled}
        class="h-8 min-w-0 flex-1 basis-40 rounded-box border border-line-strong bg-panel px-2.5 text-text placeholder:text-faint disabled:bg-bg disabled:text-dim"
        value={props.rule.group}
        onInput={(event) => props.onChange({ ...props.rule, group: event.currentTarget.value })}
      />
      <span aria-hidden="true" class="text-dim">
        →
      </span>
      <SelectField
        label={t("roleMapping.roleOf", number())}
        bare
        value={props.rule.role}
        disabled={props.disabled}
        options={props.options}
        onChange={(role) => props.onChange({ ...props.rule, role })}
      />
      <Button
        class="px-2"
        aria-label={t("roleMapping.up", number())}
        disabled={props.disabled || props.number === 1}
        onClick={() => props.onMove(-1)}
      >
        <ArrowUp class="size-4" aria-hidden="true" />
      </Button>
      <Button
        class="px-2"
        aria-label={t("roleMapping.down", number())}
        disabled={props.disabled || props.last}
        onClick={() => props.onMove(1)}
      >
        <ArrowDown class="size-4" aria-hidden="true" />
      </Button>
      <Button
        class="px-2"
        aria-label={t("roleMapping.removeOf", number())}
        disabled={props.disabled}
        onClick={() => props.onRemove()}
      >
        <X class="size-4" aria-hidden="true" />
      </Button>
    </li>
  );
}
