import type { JSX } from "solid-js";

export interface PanelProps {
  readonly title: string;
  readonly aside?: JSX.Element;
  readonly children: JSX.Element;
}

/** A titled box. */
export function Panel(props: PanelProps): JSX.Element {
  return (
    <section class="overflow-hidden rounded-box border border-line bg-panel">
      <header class="flex items-baseline justify-between gap-4 border-b border-line px-4 py-2.5">
        <h3 class="font-semibold">{props.title}</h3>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}
