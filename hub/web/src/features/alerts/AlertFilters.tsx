import { createMemo, For, type JSX } from "solid-js";
import type { AlertLevel } from "../../api/alertTypes";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import { useAlertType } from "../../ui/alertType";
import { SearchBox } from "../../ui/SearchBox";
import { ShownCount } from "../../ui/ShownCount";
import type { FilterState } from "./createFilter";
import { LevelChoice } from "./LevelChoice";

export interface AlertFiltersProps {
  readonly state: FilterState;
  readonly shown: number;
}

function sameNames(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, index) => name === right[index]);
}

/** Search, level and type of the active alerts. */
export function AlertFilters(props: AlertFiltersProps): JSX.Element {
  const { t } = useTexts();
  const { alerts } = useLive();
  const typeName = useAlertType();
  const types = createMemo(
    () => {
      // The one that is filtered by stays while none of it is left.
      const chosen = props.state.filter().type;
      const names = new Set([...alerts.all().map((alert) => alert.type), ...(chosen ? [chosen] : [])]);
      return [...names].sort((left, right) => typeName(left).localeCompare(typeName(right)));
    },
    [],
    { equals: sameNames },
  );
  return (
    <>
      <div class="order-last flex basis-full sm:order-none sm:max-w-md sm:flex-1 sm:basis-auto">
        <SearchBox
          value={props.state.filter().text}
          onInput={props.state.setText}
          example={t("alerts.searchExample")}
        />
      </div>
      <LevelChoice
        value={props.state.filter().level}
        onChange={(level: AlertLevel | undefined) => props.state.setLevel(level)}
      />
      <select
        aria-label={t("alerts.type")}
        class="h-8 max-w-44 min-w-0 rounded-box border border-line-strong bg-raised px-2 text-text"
        value={props.state.filter().type ?? ""}
        onChange={(event) => props.state.setType(event.currentTarget.value || undefined)}
      >
        <option value="">{t("alerts.anyType")}</option>
        <For each={types()}>
          {(type) => (
            <option value={type} selected={type === props.state.filter().type}>
              {typeName(type)}
            </option>
          )}
        </For>
      </select>
      <ShownCount shown={props.shown} total={alerts.all().length} />
    </>
  );
}
