import type { JSX } from "solid-js";

export interface CommandTextProps {
  readonly label: string;
  readonly text: string;
}

/** A command or its output, exactly: every line and blank of it. */
export function CommandText(props: CommandTextProps): JSX.Element {
  return (
    // What scrolls has to be in reach of the keyboard.
    <section
      aria-label={props.label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
      tabIndex={0}
      class="max-h-72 overflow-auto rounded-box border border-line-strong bg-bg px-3 py-2"
    >
      <pre class="font-mono text-[12px] leading-relaxed wrap-anywhere whitespace-pre-wrap">{props.text}</pre>
    </section>
  );
}
