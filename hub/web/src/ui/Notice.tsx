import TriangleAlert from "lucide-solid/icons/triangle-alert";
import type { JSX } from "solid-js";

export interface NoticeProps {
  readonly tone: "warn" | "bad";
  readonly children: JSX.Element;
}

/** A sentence about trouble, shown where the trouble is. */
export function Notice(props: NoticeProps): JSX.Element {
  return (
    <div
      role="status"
      class={`flex items-center gap-2.5 rounded-box px-3 py-2 ${
        props.tone === "bad" ? "bg-bad-soft text-bad" : "bg-warn-soft text-warn"
      }`}
    >
      <TriangleAlert class="size-4 shrink-0" aria-hidden="true" />
      <div class="min-w-0 flex-1">{props.children}</div>
    </div>
  );
}
