import { For, type JSX, Show } from "solid-js";
import type { ResourceAlert } from "../../api/types";
import { useTexts } from "../../i18n/texts";
import { Notice } from "../../ui/Notice";
import { Section } from "./Section";

export function AlertList(props: { readonly alerts: readonly ResourceAlert[] }): JSX.Element {
  const { t } = useTexts();
  return (
    <Show when={props.alerts.length > 0}>
      <Section title={t("detail.alerts")}>
        <div class="flex flex-col gap-2">
          <For each={props.alerts}>
            {(alert) => (
              <Notice tone={alert.level === "critical" ? "bad" : "warn"}>
                {alert.message || alert.type}
              </Notice>
            )}
          </For>
        </div>
      </Section>
    </Show>
  );
}
