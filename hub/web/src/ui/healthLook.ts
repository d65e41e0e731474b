import type { SourceHealth } from "../api/types";

/** Shape as well as colour of a source's health. */
export const healthMarks: Readonly<Record<SourceHealth, string>> = {
  ok: "rounded-full bg-ok",
  degraded: "rotate-45 rounded-[2px] bg-warn",
  failed: "rounded-[2px] bg-bad",
  starting: "rounded-full border-2 border-faint",
};
export const healthWords: Readonly<Record<SourceHealth, string>> = {
  ok: "text-dim",
  degraded: "text-warn font-medium",
  failed: "text-bad font-medium",
  starting: "text-faint",
};
