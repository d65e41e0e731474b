import KeyRound from "lucide-solid/icons/key-round";
import { For, type JSX, Show } from "solid-js";
import type { SignInOptions } from "../../api/signInCalls";
import { useEntranceTexts } from "../../i18n/entrance/texts";
import { Button } from "../../ui/Button";
import type { SignInState } from "./createSignIn";

export interface OtherWaysProps {
  readonly options: SignInOptions;
  readonly signIn: SignInState;
}

/** The way back to where somebody wanted to go, for identity providers that support it. */
function withReturn(url: string): string {
  const here = window.location.pathname + window.location.search;
  return here === "/" ? url : `${url}${url.includes("?") ? "&" : "?"}returnTo=${encodeURIComponent(here)}`;
}

/** Passkeys and identity providers. */
export function OtherWays(props: OtherWaysProps): JSX.Element {
  const t = useEntranceTexts();
  const any = () => props.options.passkeys || props.options.providers.length > 0;
  return (
    <Show when={any()}>
      <Show when={props.options.password}>
        <div class="flex items-center gap-3 text-[12px] text-faint">
          <span class="h-px flex-1 bg-line" />
          {t("signIn.or")}
          <span class="h-px flex-1 bg-line" />
        </div>
      </Show>
      <div class="flex flex-col gap-2.5">
        <Show when={props.options.passkeys}>
          <Button class="h-10" disabled={props.signIn.busy()} onClick={() => void props.signIn.withPasskey()}>
            <KeyRound class="size-4" aria-hidden="true" />
            {t("signIn.passkey")}
          </Button>
        </Show>
        <For each={props.options.providers}>
          {(provider) => (
            <a
              href={withReturn(provider.url)}
              rel="external"
              class="inline-flex h-10 items-center justify-center rounded-box border border-line-strong bg-raised px-3 hover:bg-hover"
            >
              {t("signIn.provider", { name: provider.label })}
            </a>
          )}
        </For>
      </div>
    </Show>
  );
}
