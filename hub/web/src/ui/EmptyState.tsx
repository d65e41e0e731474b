import type { JSX } from "solid-js";

export interface EmptyStateProps {
  readonly title: string;
  readonly lead?: string;
  readonly children?: JSX.Element;
}

/** What a view shows instead of nothing: what is missing and what to do next. */
export function EmptyState(props: EmptyStateProps): JSX.Element {
  return (
    <div class="mx-auto flex w-full max-w-2xl flex-col items-center gap-3 px-6 py-16 text-center">
      <h2 class="text-base font-semibold">{props.title}</h2>
      {props.lead && <p class="text-dim">{props.lead}</p>}
      {props.children}
    </div>
  );
}
