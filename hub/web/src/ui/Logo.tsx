import type { JSX } from "solid-js";

export function Logo(props: { readonly class?: string }): JSX.Element {
  return (
    <svg viewBox="0 0 32 32" class={props.class ?? "size-6"} aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path
        d="M5 17h5l3-8 5 15 3.5-10 1.5 3H27"
        fill="none"
        stroke="var(--on-accent)"
        stroke-width="2.6"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
