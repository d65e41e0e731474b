import { createUniqueId, For, type JSX } from "solid-js";

export interface SelectFieldProps {
  readonly label: string;
  /** Keeps the name for screen readers only. */
  readonly bare?: boolean;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly text: string }[];
  readonly disabled?: boolean;
  readonly onChange: (value: string) => void;
}

/** A choice of several, folded away. */
export function SelectField(props: SelectFieldProps): JSX.Element {
  const id = createUniqueId();
  return (
    <div class={`flex min-w-0 flex-col gap-1.5 ${props.bare ? "" : "max-w-sm"}`}>
      <label for={id} class={props.bare ? "sr-only" : "font-medium"}>
        {props.label}
      </label>
      <select
        id={id}
        disabled={props.disabled}
        class={`min-w-0 rounded-box border border-line-strong bg-raised px-2 text-text disabled:text-dim ${props.bare ? "h-8" : "h-10"}`}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      >
        <For each={props.options}>
          {(option) => (
            <option value={option.value} selected={option.value === props.value}>
              {option.text}
            </option>
          )}
        </For>
      </select>
    </div>
  );
}
