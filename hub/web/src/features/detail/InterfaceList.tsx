import { createMemo, For, type JSX, Show } from "solid-js";
import type { Resource } from "../../api/types";
import { formatBytes } from "../../format/numbers";
import { useTexts } from "../../i18n/texts";
import { Section } from "../../ui/Section";
import { interfacesOf } from "./facts";

export function InterfaceList(props: { readonly resource: Resource }): JSX.Element {
  const { t, locale } = useTexts();
  const list = createMemo(() => interfacesOf(props.resource));
  return (
    <Show when={list().length > 0}>
      <Section title={t("detail.interfaces")}>
        <ul class="flex flex-col gap-3">
          <For each={list()}>
            {(item) => (
              <li>
                <div class="flex items-baseline gap-2">
                  <span class="font-medium">{item.name}</span>
                  <span class="text-[12px] text-faint">{item.mac}</span>
                  <span class="num ml-auto text-[12px] text-dim">
                    ↓ {formatBytes(item.rxBytes, locale())} ↑ {formatBytes(item.txBytes, locale())}
                  </span>
                </div>
                <div class="break-all text-dim tabular-nums">{item.addresses.join(", ")}</div>
              </li>
            )}
          </For>
        </ul>
      </Section>
    </Show>
  );
}
