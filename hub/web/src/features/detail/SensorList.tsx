import { createMemo, For, type JSX, Show } from "solid-js";
import type { Resource } from "../../api/types";
import { formatCelsius, formatCount, none } from "../../format/numbers";
import { useTexts } from "../../i18n/texts";
import { heatOf, levelText } from "../../ui/levels";
import { Section } from "../../ui/Section";
import { type SensorReading, sensorsOf } from "./facts";

export function SensorList(props: { readonly resource: Resource }): JSX.Element {
  const { t, locale } = useTexts();
  const list = createMemo(() => sensorsOf(props.resource));
  const value = (item: SensorReading) => {
    if (item.value === undefined) return none;
    if (item.kind === "celsius") return formatCelsius(item.value, locale());
    const number = formatCount(Math.round(item.value), locale());
    return item.kind === "rpm" ? `${number} rpm` : number;
  };
  return (
    <Show when={list().length > 0}>
      <Section title={t("detail.sensors")}>
        <dl class="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1.5">
          <For each={list()}>
            {(item) => (
              <>
                <dt class="truncate text-dim">{item.name}</dt>
                <dd
                  class={`num text-right ${item.kind === "celsius" ? levelText[heatOf(item.value ?? 0)] : ""}`}
                >
                  <Show when={item.health}>
                    {(health) => (
                      <span
                        class={`mr-2 text-[12px] ${health() === "FAILED" ? "font-semibold text-bad" : "text-faint"}`}
                      >
                        {health()}
                      </span>
                    )}
                  </Show>
                  {value(item)}
                </dd>
              </>
            )}
          </For>
        </dl>
      </Section>
    </Show>
  );
}
