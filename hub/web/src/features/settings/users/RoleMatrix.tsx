import { For, type JSX, Show } from "solid-js";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { usePermissionNames } from "../names";
import { allows } from "../sections";
import { matrixOf } from "./roleMatrix";

export interface RoleMatrixProps {
  readonly name: string;
  /** Every permission there is. */
  readonly all: readonly string[];
  readonly granted: readonly string[];
  /** Absent: the table is only looked at. */
  readonly onChange?: (permission: string, on: boolean) => void;
}

/** What a role allows, as a table of resources and actions. */
export function RoleMatrix(props: RoleMatrixProps): JSX.Element {
  const t = useSettingsTexts();
  const name = usePermissionNames();
  const matrix = () => matrixOf(props.all);
  return (
    <section
      class="overflow-x-auto"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
      tabIndex={0}
      aria-label={t("roles.matrix", { name: props.name })}
    >
      <table class="w-full border-collapse text-left">
        <caption class="sr-only">{t("roles.matrix", { name: props.name })}</caption>
        <thead>
          <tr class="text-[12px] text-dim">
            <th scope="col" class="px-4 py-2 font-medium">
              {t("roles.resource")}
            </th>
            <For each={matrix().actions}>
              {(action) => (
                <th scope="col" class="px-2 py-2 text-center font-medium">
                  {name.action(action)}
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={matrix().rows}>
            {(row) => (
              <tr class="border-t border-line">
                <th scope="row" class="px-4 py-1.5 font-normal">
                  {name.resource(row.resource)}
                </th>
                <For each={matrix().actions}>
                  {(action) => {
                    const permission = `${row.resource}:${action}`;
                    return (
                      <td class="px-2 py-1.5 text-center">
                        <Show when={row.actions.has(action)}>
                          <input
                            type="checkbox"
                            class="size-4 accent-[var(--accent)]"
                            aria-label={`${name.resource(row.resource)}: ${name.action(action)}`}
                            checked={allows(props.granted, permission)}
                            disabled={!props.onChange}
                            onChange={(event) => props.onChange?.(permission, event.currentTarget.checked)}
                          />
                        </Show>
                      </td>
                    );
                  }}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </section>
  );
}
