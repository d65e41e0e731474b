import { createMemo, For, type JSX, Show } from "solid-js";
import type { Resource } from "../../api/types";
import { formatBytes } from "../../format/numbers";
import { useTexts } from "../../i18n/texts";
import { MetricBar } from "../../ui/MetricBar";
import { Section } from "../../ui/Section";
import { filesystemsOf } from "./facts";

export function FilesystemList(props: { readonly resource: Resource }): JSX.Element {
  const { t, locale } = useTexts();
  const list = createMemo(() => filesystemsOf(props.resource));
  return (
    <Show when={list().length > 0}>
      <Section title={t("detail.filesystems")}>
        <ul class="flex flex-col gap-3">
          <For each={list()}>
            {(item) => (
              <li>
                <div class="flex items-baseline gap-2">
                  <span class="min-w-0 truncate font-medium">{item.mount}</span>
                  <span class="text-[12px] text-faint" title={item.device}>
                    {item.type}
                  </span>
                  <span class="num ml-auto text-[12px] text-dim">
                    {t("tip.used", {
                      used: formatBytes(item.used, locale()),
                      total: formatBytes(item.total, locale()),
                    })}
                  </span>
                </div>
                <MetricBar percent={item.percent} />
              </li>
            )}
          </For>
        </ul>
      </Section>
    </Show>
  );
}
