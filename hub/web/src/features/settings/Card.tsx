import { type JSX, Show } from "solid-js";

export interface CardProps {
  readonly title: string;
  readonly lead?: string;
  readonly aside?: JSX.Element;
  readonly children?: JSX.Element;
}

/** One matter of the settings. */
export function Card(props: CardProps): JSX.Element {
  return (
    <section class="rounded-box border border-line bg-panel">
      <header class="flex flex-wrap items-center justify-between gap-3 border-b border-line px-4 py-3">
        <div class="min-w-0">
          <h2 class="font-semibold">{props.title}</h2>
          <Show when={props.lead}>
            <p class="text-dim">{props.lead}</p>
          </Show>
        </div>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}
