import type { JSX } from "solid-js";
import type { ResourceStatus } from "../api/types";
import { useTexts } from "../i18n/texts";

/** Shape as well as colour: full when up, ring when off, square when in trouble. */
const marks: Readonly<Record<ResourceStatus | "stale", string>> = {
  online: "rounded-full bg-ok",
  running: "rounded-full bg-ok",
  offline: "rounded-[2px] bg-bad",
  degraded: "rounded-[2px] bg-warn rotate-45",
  stale: "rounded-full border-2 border-warn",
  stopped: "rounded-full border-2 border-faint",
  paused: "rounded-full border-2 border-warn",
  unknown: "rounded-full border-2 border-faint",
};
const words: Readonly<Record<ResourceStatus | "stale", string>> = {
  online: "text-dim",
  running: "text-dim",
  offline: "text-bad font-medium",
  degraded: "text-warn font-medium",
  stale: "text-warn font-medium",
  stopped: "text-faint",
  paused: "text-warn",
  unknown: "text-faint",
};

export interface StatusMarkProps {
  readonly status: ResourceStatus;
  readonly stale: boolean;
  /** Shows the mark only; the word is still there for screen readers. */
  readonly brief?: boolean;
}

export function StatusMark(props: StatusMarkProps): JSX.Element {
  const { t } = useTexts();
  const kind = () => (props.stale && props.status !== "offline" ? "stale" : props.status);
  return (
    <span class="inline-flex items-center gap-2">
      <span class={`size-2 shrink-0 ${marks[kind()]}`} aria-hidden="true" />
      <span class={props.brief ? "sr-only" : words[kind()]}>{t(`status.${kind()}`)}</span>
    </span>
  );
}
