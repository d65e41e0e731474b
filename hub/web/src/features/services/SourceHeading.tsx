import { createMemo, type JSX, Show } from "solid-js";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import { healthMarks, healthWords } from "../../ui/healthLook";
import { countUp, sourceOf } from "./sources";

/** The line above what a source brings: its name, who reads it, and what is wrong with it. */
export function SourceHeading(props: { readonly id: string }): JSX.Element {
  const { t } = useTexts();
  const { store, overall } = useLive();
  const source = createMemo(() => store.sources().find((item) => item.id === props.id));
  const counts = createMemo(() => countUp(overall().filter((resource) => sourceOf(resource) === props.id)));
  return (
    <span class="flex w-full min-w-0 items-center gap-3" data-source={props.id}>
      <span class="truncate font-semibold">{source()?.name ?? props.id}</span>
      <span class="num shrink-0 text-faint">{t("overview.upOf", counts())}</span>
      <Show when={source()}>
        {(current) => (
          <>
            <span class="hidden shrink-0 text-[12px] text-faint sm:inline">
              {current().plugin ?? current().type}
            </span>
            <Show when={current().health !== "ok"}>
              <span
                class={`flex min-w-0 items-center gap-2 ${healthWords[current().health]}`}
                title={current().message}
              >
                <span class={`size-2 shrink-0 ${healthMarks[current().health]}`} aria-hidden="true" />
                <span class="shrink-0">{t(`health.${current().health}`)}</span>
                <span class="truncate font-normal text-dim">{current().message}</span>
              </span>
            </Show>
          </>
        )}
      </Show>
    </span>
  );
}
