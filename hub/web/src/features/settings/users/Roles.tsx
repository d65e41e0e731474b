import { useQueryClient } from "@tanstack/solid-query";
import ChevronRight from "lucide-solid/icons/chevron-right";
import { createSignal, For, type JSX, Show } from "solid-js";
import { type Role, type RoleList, removeRole } from "../../../api/userCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { Card } from "../Card";
import { TypedConfirm } from "../TypedConfirm";
import { RoleForm } from "./RoleForm";
import { RoleMatrix } from "./RoleMatrix";

/** Roles: those of every hub, and one's own. */
export function Roles(props: { readonly list: RoleList }): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const queries = useQueryClient();
  const [editing, setEditing] = createSignal<string>();
  const [removing, setRemoving] = createSignal<Role>();
  const reload = () => queries.invalidateQueries({ queryKey: ["roles"] });
  const close = () => setEditing(undefined);
  const saved = () => {
    close();
    void reload();
  };
  return (
    <Card
      title={t("roles.title")}
      lead={t("roles.lead")}
      aside={
        <Show when={editing() === undefined}>
          <Button onClick={() => setEditing("")}>{t("roles.add")}</Button>
        </Show>
      }
    >
      <Show when={editing() === ""}>
        <RoleForm edited={undefined} all={props.list.permissions} onSaved={saved} onCancel={close} />
      </Show>
      <For each={props.list.roles}>
        {(role) => (
          <Show
            when={editing() !== role.name}
            fallback={
              <RoleForm edited={role} all={props.list.permissions} onSaved={saved} onCancel={close} />
            }
          >
            <details class="group border-b border-line last:border-b-0">
              <summary class="flex flex-wrap items-center gap-3 px-4 py-2.5">
                <ChevronRight class="size-4 text-dim group-open:rotate-90" aria-hidden="true" />
                <span class="min-w-0 flex-1">
                  <strong class="font-medium">{role.name}</strong>
                  <Show when={role.builtIn}>
                    <span class="ml-2 text-[12px] text-faint">{t("roles.builtIn")}</span>
                  </Show>
                  <span class="block text-dim">{role.description}</span>
                </span>
              </summary>
              <RoleMatrix name={role.name} all={props.list.permissions} granted={role.permissions} />
              <Show when={!role.builtIn}>
                <div class="flex gap-2.5 px-4 py-3">
                  <Button
                    aria-label={t("roles.editOf", { name: role.name })}
                    onClick={() => setEditing(role.name)}
                  >
                    {t("roles.edit")}
                  </Button>
                  <Button
                    aria-label={t("roles.removeOf", { name: role.name })}
                    onClick={() => setRemoving(role)}
                  >
                    {t("common.remove")}
                  </Button>
                </div>
              </Show>
            </details>
          </Show>
        )}
      </For>
      <Show when={removing()} keyed>
        {(role) => (
          <TypedConfirm
            title={t("roles.removeOf", { name: role.name })}
            lead={role.description}
            word={role.name}
            action={t("common.remove")}
            onConfirm={async () => {
              await removeRole(role.name, live.caller);
              await reload();
            }}
            onClose={() => setRemoving(undefined)}
          />
        )}
      </Show>
    </Card>
  );
}
