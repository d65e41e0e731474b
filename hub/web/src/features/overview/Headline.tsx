import CircleCheck from "lucide-solid/icons/circle-check";
import TriangleAlert from "lucide-solid/icons/triangle-alert";
import { type JSX, Show } from "solid-js";
import { formatCount } from "../../format/numbers";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import type { Attention } from "./attention";

/** The answer to the first question, in one sentence. */
export function Headline(props: { readonly lines: readonly Attention[] }): JSX.Element {
  const { t, locale } = useTexts();
  const { store } = useLive();
  const worst = () => (props.lines.some((line) => line.severity === "bad") ? "text-bad" : "text-warn");
  const sentence = () =>
    props.lines.length === 1
      ? t("overview.one")
      : t("overview.many", { count: formatCount(props.lines.length, locale()) });
  const watching = () => {
    const count = store.ids().length;
    return count === 1
      ? t("overview.watching_one")
      : t("overview.watching_other", { count: formatCount(count, locale()) });
  };
  return (
    <div class="flex items-center gap-3.5">
      <Show
        when={props.lines.length > 0}
        fallback={<CircleCheck class="size-8 text-ok" aria-hidden="true" />}
      >
        <TriangleAlert class={`size-8 ${worst()}`} aria-hidden="true" />
      </Show>
      <div>
        <h2 class="text-xl leading-tight font-semibold tracking-tight">
          {props.lines.length === 0 ? t("overview.allWell") : sentence()}
        </h2>
        <p class="num text-dim">{watching()}</p>
      </div>
    </div>
  );
}
