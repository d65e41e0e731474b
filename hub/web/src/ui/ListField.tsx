import { createUniqueId, type JSX, Show } from "solid-js";

export interface ListFieldProps {
  readonly label: string;
  readonly values: readonly string[];
  readonly onInput: (values: readonly string[]) => void;
  readonly hint?: string;
  readonly disabled?: boolean;
}

const shownLines = 3;

/** The lines of a text that say something, each once. */
export function linesOf(text: string): readonly string[] {
  return [...new Set(text.split("\n").map((line) => line.trim()))].filter((line) => line !== "");
}

/** Several values, one on a line. */
export function ListField(props: ListFieldProps): JSX.Element {
  const id = createUniqueId();
  return (
    <div class="flex flex-col gap-1.5">
      <label for={id} class="font-medium">
        {props.label}
      </label>
      <textarea
        id={id}
        rows={shownLines}
        spellcheck={false}
        autocapitalize="off"
        disabled={props.disabled}
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        class="w-full rounded-box border border-line-strong bg-panel px-3 py-2 text-text disabled:bg-bg disabled:text-dim"
        // Only once it is left: what is being typed must not be tidied up.
        onChange={(event) => props.onInput(linesOf(event.currentTarget.value))}
        value={props.values.join("\n")}
      />
      <Show when={props.hint}>
        <span id={`${id}-hint`} class="text-[12px] text-faint">
          {props.hint}
        </span>
      </Show>
    </div>
  );
}
