import type { JSX } from "solid-js";

/** A titled part of a drawer. */
export function Section(props: {
  readonly title: string;
  readonly aside?: JSX.Element;
  readonly children: JSX.Element;
}): JSX.Element {
  return (
    <section class="border-t border-line px-5 py-4">
      <header class="mb-3 flex min-h-5 items-center justify-between">
        <h3 class="font-semibold">{props.title}</h3>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}
