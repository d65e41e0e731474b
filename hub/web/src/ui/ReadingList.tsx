import { createMemo, Index, type JSX, Show } from "solid-js";
import type { Resource } from "../api/types";
import { none } from "../format/numbers";
import { readingsOf } from "../listing/readings";
import { ReadingText } from "./ReadingText";
import { useReasonText } from "./reasonText";

export interface ReadingListProps {
  readonly resource: Resource;
  /** How many to show; of the others only their number. */
  readonly most: number;
}

/** The first few numbers of a resource in one line; without any, why that may be. */
export function ReadingList(props: ReadingListProps): JSX.Element {
  const all = createMemo(() => readingsOf(props.resource));
  const reasonText = useReasonText();
  const reason = () => reasonText(props.resource);
  return (
    <Show
      when={all().length > 0}
      fallback={
        <span class={reason() ? "truncate text-dim" : "text-faint"} title={reason()}>
          {reason() ?? none}
        </span>
      }
    >
      <span class="flex min-w-0 items-baseline gap-3 overflow-hidden">
        <Index each={all().slice(0, props.most)}>{(reading) => <ReadingText reading={reading()} />}</Index>
        <Show when={all().length > props.most}>
          <span class="num text-[12px] text-faint">+{all().length - props.most}</span>
        </Show>
      </span>
    </Show>
  );
}
