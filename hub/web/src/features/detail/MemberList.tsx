import { createMemo, Index, type JSX, Show } from "solid-js";
import type { Resource } from "../../api/types";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import { Section } from "../../ui/Section";
import { type Member, membersOf } from "./members";

/** What a plugin says of a resource of a kind of its own: text, whatever it holds. */
export function MemberList(props: { readonly resource: Resource }): JSX.Element {
  const { t } = useTexts();
  const { store } = useLive();
  const members = createMemo(() => membersOf(props.resource.platformData));
  const source = createMemo(() => store.sources().find((item) => item.id === props.resource.source));
  const words = (value: Member["value"]) =>
    typeof value === "boolean" ? t(value ? "detail.yes" : "detail.no") : String(value);
  return (
    <Section title={t("detail.facts")}>
      <dl class="grid grid-cols-[136px_1fr] gap-x-4 gap-y-1.5">
        <Index each={members().shown}>
          {(member) => <Row name={member().path} text={words(member().value)} />}
        </Index>
        <Row name={t("detail.source")} text={source()?.name ?? props.resource.platformId} />
        <Show when={source()?.plugin}>{(plugin) => <Row name={t("detail.plugin")} text={plugin()} />}</Show>
        <Row name={t("detail.id")} text={props.resource.id} />
      </dl>
      <Show when={members().left > 0}>
        <p class="mt-2 text-dim">{t("detail.moreFacts", { count: members().left })}</p>
      </Show>
    </Section>
  );
}

function Row(props: { readonly name: string; readonly text: string }): JSX.Element {
  return (
    <>
      <dt class="break-words text-dim">{props.name}</dt>
      <dd class="min-w-0 whitespace-pre-wrap tabular-nums wrap-anywhere">{props.text}</dd>
    </>
  );
}
