import { A } from "@solidjs/router";
import ChevronRight from "lucide-solid/icons/chevron-right";
import { createMemo, createSignal, For, type JSX, Show } from "solid-js";
import { formatAge } from "../../format/times";
import { useTexts } from "../../i18n/texts";
import { placeOf, placeOfAlert } from "../../places/placeOf";
import { useLive } from "../../state/connection";
import { useAlertType } from "../../ui/alertType";
import { Panel } from "../../ui/Panel";
import { useReasonText } from "../../ui/reasonText";
import { useTypeName } from "../../ui/typeName";
import type { Attention } from "./attention";

const firstFew = 8;
/** Younger than this, when it was last seen is no news. */
const worthTellingMs = 120_000;

export function AttentionList(props: { readonly lines: readonly Attention[] }): JSX.Element {
  const { t } = useTexts();
  const [all, setAll] = createSignal(false);
  const byKey = createMemo(() => new Map(props.lines.map((line) => [line.key, line])));
  const keys = () => props.lines.slice(0, all() ? undefined : firstFew).map((line) => line.key);
  return (
    <Show when={props.lines.length > 0}>
      <Panel title={t("overview.attention")}>
        <ul>
          {/* Strings are equal by value, so a line stays in place while its contents move on. */}
          <For each={keys()}>
            {(key) => <Show when={byKey().get(key)}>{(line) => <Line line={line()} />}</Show>}
          </For>
        </ul>
        <Show when={!all() && props.lines.length > firstFew}>
          <button
            type="button"
            class="w-full border-t border-line px-4 py-2.5 text-left text-accent hover:bg-hover"
            onClick={() => setAll(true)}
          >
            {t("overview.more", { count: props.lines.length - firstFew })}
          </button>
        </Show>
      </Panel>
    </Show>
  );
}

function Line(props: { readonly line: Attention }): JSX.Element {
  const { t } = useTexts();
  const { now } = useLive();
  const typeName = useTypeName();
  const alertType = useAlertType();
  const moment = () => props.line.alert?.startedAt ?? props.line.lastSeen;
  const sinceMs = () => {
    const at = moment();
    return at === undefined ? undefined : now() - at;
  };
  const age = () => {
    const since = sinceMs();
    return since === undefined ? undefined : formatAge(since);
  };
  const oldEnough = () => (sinceMs() ?? 0) > worthTellingMs;
  const what = () => {
    const since = age();
    if (props.line.alert) return alertType(props.line.alert.type);
    if (props.line.kind !== "stale") return t(`overview.${props.line.kind}`);
    return since ? t("overview.stale", { age: since }) : t("overview.staleUnknown");
  };
  const reasonText = useReasonText();
  const message = () =>
    props.line.message ??
    (props.line.resource && props.line.kind !== "alert" && reasonText(props.line.resource));
  const content = () => (
    <>
      <span
        aria-hidden="true"
        class={`size-2 shrink-0 ${props.line.severity === "bad" ? "rounded-[2px] bg-bad" : "rotate-45 rounded-[2px] bg-warn"}`}
      />
      <span class="flex min-w-0 flex-1 flex-col sm:flex-row sm:items-center sm:gap-3">
        <span class="shrink-0 truncate font-medium sm:w-60">{props.line.name}</span>
        <span class="hidden w-28 shrink-0 truncate text-faint sm:block">{typeName(props.line.type)}</span>
        <span class="min-w-0 flex-1 truncate text-dim" title={message() || undefined}>
          <span class={`font-medium ${props.line.severity === "bad" ? "text-bad" : "text-warn"}`}>
            {what()}
          </span>
          <Show when={message()}>{(text) => <span class="ml-2">{text()}</span>}</Show>
        </span>
      </span>
      <Show when={props.line.kind !== "stale" && oldEnough() && age()}>
        <span class="tabular-nums hidden shrink-0 text-faint sm:block">
          {t("overview.lastSeen", { age: age() ?? "" })}
        </span>
      </Show>
    </>
  );
  const place = () => {
    if (props.line.alert) return placeOfAlert(props.line.alert.id);
    return props.line.resource && placeOf(props.line.resource);
  };
  return (
    <li class="border-t border-line first:border-t-0">
      <Show when={place()} fallback={<div class="flex items-center gap-3 py-2 pr-10 pl-4">{content()}</div>}>
        {(href) => (
          <A href={href()} class="flex items-center gap-3 px-4 py-2 hover:bg-hover">
            {content()}
            <ChevronRight class="-ml-0.5 size-4 shrink-0 text-faint" aria-hidden="true" />
          </A>
        )}
      </Show>
    </li>
  );
}
