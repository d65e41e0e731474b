import { For, type JSX } from "solid-js";

export interface SegmentedProps<T extends string> {
  readonly label: string;
  /** Undefined: none of them. */
  readonly value: T | undefined;
  readonly options: readonly { readonly value: T; readonly text: string }[];
  readonly onChange: (value: T) => void;
}

/** A choice of a few, all in sight. */
export function Segmented<T extends string>(props: SegmentedProps<T>): JSX.Element {
  return (
    <fieldset class="inline-flex h-8 shrink-0 rounded-box border border-line-strong bg-raised p-0.5">
      <legend class="sr-only">{props.label}</legend>
      <For each={props.options}>
        {(option) => (
          <button
            type="button"
            aria-pressed={props.value === option.value}
            class="rounded-[6px] px-2.5 text-dim aria-pressed:bg-accent-soft aria-pressed:font-medium aria-pressed:text-accent hover:text-text"
            onClick={() => props.onChange(option.value)}
          >
            {option.text}
          </button>
        )}
      </For>
    </fieldset>
  );
}
