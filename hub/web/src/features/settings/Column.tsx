import type { JSX } from "solid-js";

/** Matters under each other, not wider than is good to read; `wide` is for tables. */
export function Column(props: { readonly wide?: boolean; readonly children: JSX.Element }): JSX.Element {
  return (
    <div class={`mx-auto flex w-full flex-col gap-4 ${props.wide ? "max-w-6xl" : "max-w-3xl"}`}>
      {props.children}
    </div>
  );
}
