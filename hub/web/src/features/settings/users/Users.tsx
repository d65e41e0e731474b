import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { createSignal, For, type JSX, Show } from "solid-js";
import { fetchRoles, fetchUsers, type RoleList, removeUser, type User } from "../../../api/userCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { Notice } from "../../../ui/Notice";
import { Card } from "../Card";
import { Column } from "../Column";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";
import { QueryView } from "../QueryView";
import { AllSessions } from "../sessions/AllSessions";
import { TypedConfirm } from "../TypedConfirm";
import { useMe } from "../useMe";
import { PasswordDialog } from "./PasswordDialog";
import { Roles } from "./Roles";
import { UserForm } from "./UserForm";
import { UserRow } from "./UserRow";

/** Who may sign in, and what they may do. */
export default function Users(): JSX.Element {
  const live = useLive();
  const roles = useQuery(() => ({
    queryKey: ["roles"],
    queryFn: ({ signal }) => fetchRoles(live.caller, signal),
  }));
  return (
    <Column>
      <QueryView query={roles}>
        {(list) => (
          <>
            <People roles={list()} />
            <Roles list={list()} />
            <AllSessions />
          </>
        )}
      </QueryView>
    </Column>
  );
}

function People(props: { readonly roles: RoleList }): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const queries = useQueryClient();
  const me = useMe();
  const change = createChange();
  const [adding, setAdding] = createSignal(false);
  const [made, setMade] = createSignal<string>();
  const [password, setPassword] = createSignal<string>();
  const [removing, setRemoving] = createSignal<User>();
  const users = useQuery(() => ({
    queryKey: ["users"],
    queryFn: ({ signal }) => fetchUsers(live.caller, signal),
  }));
  const reload = () => queries.invalidateQueries({ queryKey: ["users"] });
  const self = () => (me.isSuccess && !live.caller.token ? me.data.username : undefined);
  const messages = () => made() ?? change.failure();
  return (
    <Card
      title={t("users.title")}
      lead={t("users.lead")}
      aside={
        <Show when={!adding()}>
          <Button look="primary" onClick={() => setAdding(true)}>
            {t("users.add")}
          </Button>
        </Show>
      }
    >
      <Show when={adding()}>
        <UserForm
          roles={props.roles.roles}
          onMade={(name) => {
            setAdding(false);
            setMade(name);
            void reload();
          }}
          onCancel={() => setAdding(false)}
        />
      </Show>
      <Show when={messages()}>
        <div class="flex flex-col gap-3 p-4 pb-0">
          <FailureNotice failure={change.failure()} />
          <Show when={made()}>
            {(name) => <Notice tone="good">{t("users.createdOf", { name: name() })}</Notice>}
          </Show>
        </div>
      </Show>
      <QueryView query={users}>
        {(list) => (
          <ul aria-label={t("users.title")}>
            <For each={list()}>
              {(user) => (
                <UserRow
                  user={user}
                  roles={props.roles.roles}
                  self={user.name === self()}
                  change={change}
                  onChanged={() => void reload()}
                  onPassword={() => setPassword(user.name)}
                  onRemove={() => setRemoving(user)}
                />
              )}
            </For>
          </ul>
        )}
      </QueryView>
      <Show when={password()} keyed>
        {(name) => <PasswordDialog name={name} onClose={() => setPassword(undefined)} />}
      </Show>
      <Show when={removing()} keyed>
        {(user) => (
          <TypedConfirm
            title={t("users.removeOf", { name: user.name })}
            lead={t("users.removeLead", { name: user.name })}
            word={user.name}
            action={t("common.remove")}
            onConfirm={async () => {
              await removeUser(user.name, live.caller);
              await reload();
            }}
            onClose={() => setRemoving(undefined)}
          />
        )}
      </Show>
    </Card>
  );
}
