import { useSearchParams } from "@solidjs/router";
import { createMemo } from "solid-js";
import type { AuditFilter } from "../../../api/auditCalls";
import { endOfDay, startOfDay } from "./days";

export const spans = ["day", "week", "month", "ever"] as const;
export type Span = (typeof spans)[number];

export const outcomes = ["success", "failure"] as const;

const dayMs = 86_400_000;
const minuteMs = 60_000;
const spanMs = { day: dayMs, week: 7 * dayMs, month: 30 * dayMs, ever: undefined } as const;

/** What the address bar can say of the filters; `since` and `until` are days, both of them included. */
const filterParams = ["text", "actor", "kind", "outcome", "range", "since", "until"] as const;
export type FilterParam = (typeof filterParams)[number] | "before";

export interface AuditFilterState {
  readonly value: (name: FilterParam) => string;
  /** Undefined while days are chosen instead. */
  readonly span: () => Span | undefined;
  /** The page begins below this number; undefined: at the newest event. */
  readonly before: () => number | undefined;
  /** What to ask the hub for, at that time. */
  readonly filter: (now: number) => AuditFilter;
  readonly isFiltered: () => boolean;
  /** Sets one and goes back to the newest events. A span and days replace each other. */
  readonly set: (name: FilterParam, value: string) => void;
  readonly goTo: (before: number | undefined) => void;
  readonly reset: () => void;
}

/** What no longer holds once something else is set. */
function replacedBy(name: FilterParam): Partial<Record<FilterParam, undefined>> {
  if (name === "range") return { since: undefined, until: undefined };
  return name === "since" || name === "until" ? { range: undefined } : {};
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
  const days = createMemo(() => ({ since: startOfDay(value("since")), until: endOfDay(value("until")) }));
  const span = createMemo(() => {
    if (days().since !== undefined || days().until !== undefined) return undefined;
    return spans.find((item) => item === value("range")) ?? "ever";
  });
  const orNone = (name: FilterParam) => value(name) || undefined;
  function sinceOf(now: number): number | undefined {
    const chosen = span();
    const milliseconds = chosen && spanMs[chosen];
    // Whole minutes, so that the same question is asked with the same words.
    return milliseconds === undefined ? days().since : Math.floor((now - milliseconds) / minuteMs) * minuteMs;
  }
  return {
    value,
    span,
    before: () => {
      const number = Number(value("before"));
      return Number.isInteger(number) && number > 0 ? number : undefined;
    },
    filter: (now) => ({
      since: sinceOf(now),
      until: days().until,
      actor: orNone("actor"),
      kind: orNone("kind"),
      outcome: outcomes.find((item) => item === value("outcome")),
      text: orNone("text"),
    }),
    isFiltered: () => filterParams.some((name) => value(name) !== ""),
    set: (name, text) => write({ ...replacedBy(name), [name]: text || undefined, before: undefined }),
    goTo: (before) => write({ before: before === undefined ? undefined : String(before) }),
    reset: () => write(Object.fromEntries([...filterParams, "before"].map((name) => [name, undefined]))),
  };
}
