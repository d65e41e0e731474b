import { createUniqueId, type JSX, Show } from "solid-js";

export interface CheckFieldProps {
  readonly label: JSX.Element;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly hint?: string;
  readonly disabled?: boolean;
}

/** Something that is on or off. */
export function CheckField(props: CheckFieldProps): JSX.Element {
  const id = createUniqueId();
  return (
    <div class="flex items-start gap-2.5">
      <input
        id={id}
        type="checkbox"
        class="mt-0.5 size-4 shrink-0 accent-[var(--accent)]"
        checked={props.checked}
        disabled={props.disabled}
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <div class="min-w-0">
        <label for={id} class={props.disabled ? "text-dim" : ""}>
          {props.label}
        </label>
        <Show when={props.hint}>
          <p id={`${id}-hint`} class="text-[12px] text-faint">
            {props.hint}
          </p>
        </Show>
      </div>
    </div>
  );
}
