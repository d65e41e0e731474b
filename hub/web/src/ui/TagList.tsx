import { For, type JSX } from "solid-js";

export function TagList(props: { readonly tags: readonly string[] }): JSX.Element {
  return (
    <span class="flex flex-wrap gap-1">
      <For each={props.tags}>
        {(tag) => (
          <span class="rounded-[4px] bg-track px-1.5 text-[11px] leading-[18px] text-dim">{tag}</span>
        )}
      </For>
    </span>
  );
}
