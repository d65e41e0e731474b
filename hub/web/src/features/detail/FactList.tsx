import { createMemo, For, type JSX, Show } from "solid-js";
import type { Resource } from "../../api/types";
import { formatLoad } from "../../format/numbers";
import { formatAge, formatMoment } from "../../format/times";
import { useTexts } from "../../i18n/texts";
import { lastBackupOf } from "../../listing/readers";
import { useLive } from "../../state/connection";
import { Section } from "../../ui/Section";
import { type Fact, factsOf } from "./facts";

export function FactList(props: { readonly resource: Resource }): JSX.Element {
  const { t, locale } = useTexts();
  const { now } = useLive();
  const list = createMemo(() => factsOf(props.resource));
  const isGuest = () => props.resource.type === "vm" || props.resource.type === "container";
  const backup = () => {
    const at = lastBackupOf(props.resource);
    return at === undefined ? t("detail.never") : `${formatMoment(at, locale())} (${formatAge(now() - at)})`;
  };
  const words = (fact: Fact) => {
    if (typeof fact.value === "boolean") return t(fact.value ? "detail.yes" : "detail.no");
    if (typeof fact.value === "number") {
      return fact.key === "interval" ? t("detail.seconds", { count: fact.value }) : String(fact.value);
    }
    return typeof fact.value === "string" ? fact.value : formatLoad(fact.value, locale());
  };
  return (
    <Section title={t("detail.facts")}>
      <dl class="grid grid-cols-[136px_1fr] gap-x-4 gap-y-1.5">
        <Show when={isGuest()}>
          <dt class="text-dim">{t("detail.backup")}</dt>
          <dd class="tabular-nums">{backup()}</dd>
        </Show>
        <For each={list()}>
          {(fact) => (
            <>
              <dt class="text-dim">{t(`detail.${fact.key}`)}</dt>
              <dd class="break-words tabular-nums">{words(fact)}</dd>
            </>
          )}
        </For>
      </dl>
    </Section>
  );
}
