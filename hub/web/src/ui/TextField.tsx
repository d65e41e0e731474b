import { createUniqueId, type JSX, Show } from "solid-js";

export interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly type?: "text" | "password" | "email" | "url" | "date";
  readonly autocomplete?: string;
  readonly inputMode?: "numeric";
  readonly hint?: JSX.Element;
  /** What is wrong with the value; empty: nothing. */
  readonly error?: string | undefined;
  readonly placeholder?: string;
  readonly disabled?: boolean;
  readonly required?: boolean;
  /** For what is copied rather than read. */
  readonly mono?: boolean;
  /** Takes the focus when it appears. */
  readonly focus?: boolean;
}

/** One line to type in, under its name, with a hint and what is wrong. */
export function TextField(props: TextFieldProps): JSX.Element {
  const id = createUniqueId();
  const described = () =>
    [props.hint ? `${id}-hint` : "", props.error ? `${id}-error` : ""].filter(Boolean).join(" ") || undefined;
  return (
    <div class="flex flex-col gap-1.5">
      <label for={id} class="font-medium">
        {props.label}
      </label>
      <input
        id={id}
        ref={(input) => {
          if (props.focus) queueMicrotask(() => input.focus());
        }}
        type={props.type ?? "text"}
        autocomplete={props.autocomplete ?? "off"}
        autocapitalize="off"
        spellcheck={false}
        inputMode={props.inputMode}
        placeholder={props.placeholder}
        disabled={props.disabled}
        required={props.required}
        aria-describedby={described()}
        aria-invalid={props.error ? true : undefined}
        class={`h-10 w-full min-w-0 rounded-box border border-line-strong bg-panel px-3 text-text placeholder:text-faint disabled:bg-bg disabled:text-dim aria-invalid:border-bad ${props.mono ? "font-mono" : ""}`}
        value={props.value}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      <Show when={props.hint}>
        <span id={`${id}-hint`} class="text-[12px] text-faint">
          {props.hint}
        </span>
      </Show>
      <Show when={props.error}>
        <span id={`${id}-error`} class="text-[12px] text-bad" role="alert">
          {props.error}
        </span>
      </Show>
    </div>
  );
}
