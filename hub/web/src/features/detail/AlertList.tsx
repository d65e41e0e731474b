import { A } from "@solidjs/router";
import ChevronRight from "lucide-solid/icons/chevron-right";
import { For, type JSX, Show } from "solid-js";
import { formatAge } from "../../format/times";
import { useTexts } from "../../i18n/texts";
import { placeOfAlert } from "../../places/placeOf";
import { useLive } from "../../state/connection";
import { LevelMark } from "../../ui/LevelMark";
import { Section } from "../../ui/Section";

/** What is wrong with a resource, each a way to why. */
export function AlertList(props: { readonly resource: string }): JSX.Element {
  const { t } = useTexts();
  const live = useLive();
  const ids = () => live.alerts.ofResource(props.resource).map((alert) => alert.id);
  return (
    <Show when={ids().length > 0}>
      <Section title={t("detail.alerts")}>
        <ul class="-mx-2 flex flex-col">
          <For each={ids()}>
            {(id) => (
              <Show when={live.alerts.alert(id)}>
                {(alert) => (
                  <li>
                    <A
                      href={placeOfAlert(id)}
                      class="flex items-center gap-3 rounded-box px-2 py-1.5 hover:bg-hover"
                    >
                      <LevelMark level={alert().level} hollow={alert().acknowledged} />
                      <span class="min-w-0 flex-1 break-words">
                        {alert().message || alert().type}
                        <Show when={alert().acknowledged}>
                          <span class="ml-2 text-[12px] text-faint">{t("alerts.acknowledged")}</span>
                        </Show>
                      </span>
                      <span class="num text-[12px] text-faint">
                        {formatAge(live.now() - alert().startedAt)}
                      </span>
                      <ChevronRight class="size-4 shrink-0 text-faint" aria-hidden="true" />
                    </A>
                  </li>
                )}
              </Show>
            )}
          </For>
        </ul>
      </Section>
    </Show>
  );
}
