import { For, type JSX, Show } from "solid-js";
import { formatAge } from "../../format/times";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import { healthMarks, healthWords } from "../../ui/healthLook";
import { Panel } from "../../ui/Panel";

/** Where the numbers come from, and whether it works. */
export function SourceList(): JSX.Element {
  const { t } = useTexts();
  const { store, now } = useLive();
  return (
    <Show when={store.sources().length > 0}>
      <Panel title={t("overview.sources")}>
        <ul>
          <For each={store.sources()}>
            {(source) => (
              <li class="border-t border-line px-4 py-2.5 first:border-t-0">
                <div class="flex items-center gap-2.5">
                  <span class={`size-2 shrink-0 ${healthMarks[source.health]}`} aria-hidden="true" />
                  <span class="min-w-0 flex-1 truncate font-medium">{source.name}</span>
                  <span class={healthWords[source.health]}>{t(`health.${source.health}`)}</span>
                </div>
                <div class="mt-0.5 pl-[18px] text-[12px] text-faint">
                  <span>{source.plugin ?? source.type}</span>
                  <Show when={source.health !== "ok" && source.lastSeen}>
                    {(seen) => (
                      <span class="tabular-nums">
                        {" "}
                        · {t("overview.lastSeen", { age: formatAge(now() - seen()) })}
                      </span>
                    )}
                  </Show>
                  <Show when={source.message}>{(message) => <div class="text-dim">{message()}</div>}</Show>
                </div>
              </li>
            )}
          </For>
        </ul>
      </Panel>
    </Show>
  );
}
