import { createSignal, type JSX, Show } from "solid-js";
import { useTexts } from "../i18n/texts";
import { faultOf, shortest, strengthOf } from "../password/strength";
import { TextField } from "./TextField";

export interface NewPasswordProps {
  /** Whose it is to be. */
  readonly name: string;
  readonly label?: string;
  /** Of the second box. */
  readonly againLabel?: string;
  /** Gets the password once it can be taken, and undefined while not. */
  readonly onChange: (password: string | undefined) => void;
}

const share = { weak: "w-1/4", fair: "w-2/4", good: "w-3/4", strong: "w-full" } as const;
const fill = { weak: "bg-bad-fill", fair: "bg-warn-fill", good: "bg-fill", strong: "bg-fill" } as const;

/** A password that is made up now: twice, with how strong it looks. */
export function NewPassword(props: NewPasswordProps): JSX.Element {
  const { t } = useTexts();
  const [password, setPassword] = createSignal("");
  const [again, setAgain] = createSignal("");
  const fault = () => faultOf(password(), again(), props.name);
  const first = () => {
    const found = password() ? fault() : undefined;
    if (found === "tooShort")
      return t("password.tooShort", { count: String(shortest - [...password()].length) });
    return found === "sameAsName" ? t("password.sameAsName") : undefined;
  };
  const second = () => (again() && fault() === "different" ? t("password.different") : undefined);
  const tell = () => props.onChange(fault() ? undefined : password());
  const strength = () => strengthOf(password());
  return (
    <>
      <TextField
        label={props.label ?? t("password.new")}
        type="password"
        autocomplete="new-password"
        value={password()}
        error={first()}
        hint={
          <Show when={password()} fallback={t("password.hint")}>
            <span class="flex items-center gap-3">
              <span class="h-1.5 flex-1 overflow-hidden rounded-full bg-track" aria-hidden="true">
                <span class={`bar-fill block h-full rounded-full ${share[strength()]} ${fill[strength()]}`} />
              </span>
              <span aria-live="polite">{t("password.strength", { name: t(`password.${strength()}`) })}</span>
            </span>
          </Show>
        }
        onInput={(value) => {
          setPassword(value);
          tell();
        }}
      />
      <TextField
        label={props.againLabel ?? t("password.confirm")}
        type="password"
        autocomplete="new-password"
        value={again()}
        error={second()}
        onInput={(value) => {
          setAgain(value);
          tell();
        }}
      />
    </>
  );
}
