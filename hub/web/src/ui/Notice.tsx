import CircleCheck from "lucide-solid/icons/circle-check";
import TriangleAlert from "lucide-solid/icons/triangle-alert";
import { type JSX, Show } from "solid-js";

export interface NoticeProps {
  readonly tone: "warn" | "bad" | "good";
  readonly children: JSX.Element;
}

const looks = {
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  good: "bg-accent-soft text-accent",
} as const;

/** A sentence about trouble, or that something is done, shown where it belongs. */
export function Notice(props: NoticeProps): JSX.Element {
  return (
    <div role="status" class={`flex items-center gap-2.5 rounded-box px-3 py-2 ${looks[props.tone]}`}>
      <Show
        when={props.tone === "good"}
        fallback={<TriangleAlert class="size-4 shrink-0" aria-hidden="true" />}
      >
        <CircleCheck class="size-4 shrink-0" aria-hidden="true" />
      </Show>
      <div class="min-w-0 flex-1">{props.children}</div>
    </div>
  );
}
