import { For, type JSX, Show } from "solid-js";
import type { Resource } from "../../api/types";
import { useTexts } from "../../i18n/texts";
import { Section } from "../../ui/Section";
import { TagList } from "../../ui/TagList";

/** The tags and labels of a resource. */
export function LabelList(props: { readonly resource: Resource }): JSX.Element {
  const { t } = useTexts();
  const labels = () => Object.entries(props.resource.labels);
  return (
    <>
      <Show when={props.resource.tags.length > 0}>
        <Section title={t("detail.tags")}>
          <TagList tags={props.resource.tags} />
        </Section>
      </Show>
      <Show when={labels().length > 0}>
        <Section title={t("detail.labels")}>
          <dl class="grid grid-cols-2 gap-x-4 gap-y-1.5">
            <For each={labels()}>
              {([key, value]) => (
                <>
                  <dt class="break-all text-dim">{key}</dt>
                  <dd class="break-all">{value}</dd>
                </>
              )}
            </For>
          </dl>
        </Section>
      </Show>
    </>
  );
}
