import { For, type JSX, Show } from "solid-js";
import type { ApiToken } from "../../../api/tokenCalls";
import { formatAge, formatMoment } from "../../../format/times";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useTexts } from "../../../i18n/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";

export interface TokenRowProps {
  readonly token: ApiToken;
  readonly onRevoke: () => void;
}

/** One token: what it is for, what it allows, and since and until when. */
export function TokenRow(props: TokenRowProps): JSX.Element {
  const t = useSettingsTexts();
  const { locale } = useTexts();
  const live = useLive();
  const expired = () => props.token.expires !== undefined && props.token.expires <= live.now();
  const used = () =>
    props.token.lastUsed === undefined
      ? t("common.never")
      : t("common.ago", { age: formatAge(live.now() - props.token.lastUsed) });
  const until = () =>
    props.token.expires === undefined ? t("common.never") : formatMoment(props.token.expires, locale());
  const fact = (title: string, value: () => JSX.Element) => (
    <div class="flex gap-1.5">
      <dt class="text-faint">{title}</dt>
      <dd class="text-dim">{value()}</dd>
    </div>
  );
  return (
    <li class="flex flex-wrap items-center gap-3 border-b border-line px-4 py-3 last:border-b-0">
      <div class="flex min-w-0 flex-1 basis-72 flex-col gap-1.5">
        <p class="flex flex-wrap items-baseline gap-x-3">
          <strong class="font-medium wrap-anywhere">{props.token.name}</strong>
          <code class="font-mono text-[12px] text-dim">{props.token.hint}</code>
          <Show when={expired()}>
            <span class="text-bad">{t("tokens.expired")}</span>
          </Show>
        </p>
        <ul class="flex flex-wrap gap-1.5">
          <For each={props.token.scopes}>
            {(scope) => (
              <li class="rounded-full border border-line-strong px-2 text-[12px] text-dim">
                {scope === "*" ? t("scope.all") : scope}
              </li>
            )}
          </For>
        </ul>
        <dl class="flex flex-wrap gap-x-5 text-[12px]">
          {fact(t("tokens.created"), () => formatMoment(props.token.created, locale()))}
          {fact(t("tokens.lastUsed"), used)}
          {fact(t("tokens.expires"), until)}
          <Show when={props.token.owner}>{(owner) => fact(t("tokens.owner"), owner)}</Show>
        </dl>
      </div>
      <Button aria-label={t("tokens.revokeOf", { name: props.token.name })} onClick={() => props.onRevoke()}>
        {t("tokens.revoke")}
      </Button>
    </li>
  );
}
