import { type JSX, Show } from "solid-js";
import { formatAge } from "../../format/times";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";

/** Whether the numbers on screen are live, and how old they are. */
export function ConnectionState(props: { readonly brief?: boolean }): JSX.Element {
  const { t } = useTexts();
  const live = useLive();
  const age = () => formatAge(live.age());
  const word = () => {
    const link = live.link();
    if (live.freshness() === "live") return t("link.live");
    if (link.kind === "waiting") {
      return t("link.waiting", { seconds: Math.max(0, Math.ceil((link.retryAt - live.now()) / 1000)) });
    }
    if (link.kind === "connecting") return t("link.connecting");
    return live.freshness() === "stale" ? t("link.stale", { age: age() }) : t("link.connecting");
  };
  const mark = () =>
    live.freshness() === "live" ? "rounded-full bg-ok" : "rounded-full border-2 border-warn";
  return (
    <div class="flex min-h-8 items-center gap-2.5 px-2.5" role="status" aria-label={t("link.label")}>
      <span class={`size-2 shrink-0 ${mark()}`} aria-hidden="true" />
      <span class={`tabular-nums ${live.freshness() === "live" ? "text-dim" : "font-medium text-warn"}`}>
        {word()}
      </span>
      <Show when={!props.brief && live.freshness() === "live"}>
        <span
          class="ml-auto text-[12px] text-faint tabular-nums"
          aria-hidden="true"
          title={t("link.updated", { age: age() })}
        >
          {age()}
        </span>
      </Show>
    </div>
  );
}
