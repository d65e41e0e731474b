import { type JSX, Show } from "solid-js";
import { changeUser, isKeptHere, originKind, type Role, type User } from "../../../api/userCalls";
import { formatAge } from "../../../format/times";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import type { Change } from "../createChange";
import { SelectField } from "../SelectField";

export interface UserRowProps {
  readonly user: User;
  readonly roles: readonly Role[];
  /** It is the one who looks. */
  readonly self: boolean;
  /** The change that goes on, of whichever row. */
  readonly change: Change;
  readonly onChanged: () => void;
  readonly onPassword: () => void;
  readonly onRemove: () => void;
}

/** Somebody who may sign in, and what can be done about it. */
export function UserRow(props: UserRowProps): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const facts = () =>
    [
      t(`users.${originKind(props.user)}`),
      `${t("users.lastSignIn")}: ${
        props.user.lastSignIn === undefined
          ? t("common.never")
          : t("common.ago", { age: formatAge(live.now() - props.user.lastSignIn) })
      }`,
      ...(props.user.secondFactor ? [t("users.factor")] : []),
      ...(props.user.passkeys > 0 ? [t("users.passkey")] : []),
    ].join(", ");
  async function alter(change: { readonly role?: string; readonly disabled?: boolean }): Promise<void> {
    await props.change.run(() => changeUser(props.user.name, change, live.caller));
    props.onChanged();
  }
  const toggle = () => (props.user.disabled ? "enable" : "disable");
  return (
    <li class="flex flex-wrap items-center gap-x-4 gap-y-2.5 border-b border-line px-4 py-3 last:border-b-0">
      <div class="min-w-0 flex-1 basis-56">
        <p class="flex flex-wrap items-baseline gap-x-2">
          <strong class="font-medium wrap-anywhere">{props.user.displayName || props.user.name}</strong>
          <Show when={props.user.displayName}>
            <span class="text-dim">{props.user.name}</span>
          </Show>
          <Show when={props.self}>
            <span class="text-[12px] text-accent">{t("users.you")}</span>
          </Show>
          <Show when={props.user.disabled}>
            <span class="text-[12px] text-warn">{t("users.disabled")}</span>
          </Show>
        </p>
        <p class="text-[12px] text-dim">{facts()}</p>
      </div>
      <div class="flex flex-wrap items-center gap-2">
        <SelectField
          label={t("users.roleOf", { name: props.user.name })}
          bare
          value={props.user.role}
          disabled={props.change.busy()}
          options={props.roles.map((role) => ({ value: role.name, text: role.name }))}
          onChange={(role) => void alter({ role })}
        />
        <Show when={!props.self}>
          <Button
            disabled={props.change.busy()}
            aria-label={t(`users.${toggle()}Of`, { name: props.user.name })}
            onClick={() => void alter({ disabled: !props.user.disabled })}
          >
            {t(`users.${toggle()}`)}
          </Button>
          <Show when={isKeptHere(props.user)}>
            <Button
              aria-label={t("users.passwordOf", { name: props.user.name })}
              onClick={() => props.onPassword()}
            >
              {t("users.password")}
            </Button>
          </Show>
          <Button
            aria-label={t("users.removeOf", { name: props.user.name })}
            onClick={() => props.onRemove()}
          >
            {t("common.remove")}
          </Button>
        </Show>
      </div>
    </li>
  );
}
