import type { JSX } from "solid-js";

/** A quiet wait: the text, and rows to come. */
export function Loading(props: { readonly text: string }): JSX.Element {
  return (
    <div class="flex flex-1 flex-col gap-3 p-8" role="status">
      <p class="text-dim">{props.text}</p>
      <div class="h-3 w-2/3 animate-pulse rounded-full bg-track" />
      <div class="h-3 w-1/2 animate-pulse rounded-full bg-track" />
      <div class="h-3 w-3/5 animate-pulse rounded-full bg-track" />
    </div>
  );
}
