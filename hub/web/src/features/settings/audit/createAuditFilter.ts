import { useSearchParams } from "@solidjs/router";
import { createMemo } from "solid-js";
import type { AuditFilter } from "../../../api/auditCalls";

export const spans = ["day", "week", "month", "ever"] as const;
export type Span = (typeof spans)[number];

export const outcomes = ["success", "failure"] as const;

const dayMs = 86_400_000;
const minuteMs = 60_000;
const spanMs = { day: dayMs, week: 7 * dayMs, month: 30 * dayMs, ever: undefined } as const;

/** What the address bar can say of the filters. */
export type FilterParam = "text" | "actor" | "kind" | "outcome" | "range" | "before";

export interface AuditFilterState {
  readonly value: (name: FilterParam) => string;
  readonly span: () => Span;
  /** The page begins below this number; undefined: at the newest event. */
  readonly before: () => number | undefined;
  /** What to ask the hub for, at that time. */
  readonly filter: (now: number) => AuditFilter;
  readonly isFiltered: () => boolean;
  /** Sets one and goes back to the newest events. */
  readonly set: (name: FilterParam, value: string) => void;
  readonly goTo: (before: number | undefined) => void;
  readonly reset: () => void;
}

/** Which events are shown, as the address bar says. */
export function createAuditFilter(): AuditFilterState {
  const [params, setParams] = useSearchParams();
  const value = (name: FilterParam) => {
    const text = params[name];
    return typeof text === "string" ? text : "";
  };
  const write = (values: Partial<Record<FilterParam, string | undefined>>) =>
    setParams(values, { replace: true, scroll: false });
  const span = createMemo(() => spans.find((item) => item === value("range")) ?? "ever");
  const orNone = (name: FilterParam) => value(name) || undefined;
  return {
    value,
    span,
    before: () => {
      const number = Number(value("before"));
      return Number.isInteger(number) && number > 0 ? number : undefined;
    },
    filter(now) {
      const milliseconds = spanMs[span()];
      return {
        // Whole minutes, so that the same question is asked with the same words.
        since:
          milliseconds === undefined ? undefined : Math.floor((now - milliseconds) / minuteMs) * minuteMs,
        until: undefined,
        actor: orNone("actor"),
        kind: orNone("kind"),
        outcome: outcomes.find((item) => item === value("outcome")),
        text: orNone("text"),
      };
    },
    isFiltered: () =>
      (["text", "actor", "kind", "outcome", "range"] as const).some((name) => value(name) !== ""),
    set: (name, text) => write({ [name]: text || undefined, before: undefined }),
    goTo: (before) => write({ before: before === undefined ? undefined : String(before) }),
    reset: () =>
      write({
        text: undefined,
        actor: undefined,
        kind: undefined,
        outcome: undefined,
        range: undefined,
        before: undefined,
      }),
  };
}
