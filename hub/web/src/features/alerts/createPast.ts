import { useSearchParams } from "@solidjs/router";
import { createMemo } from "solid-js";
import { type AlertLevel, alertLevels } from "../../api/alertTypes";

export const spans = ["day", "week", "month", "ever"] as const;
export type Span = (typeof spans)[number];

const dayMs = 86_400_000;

/** How far back a span reaches, in milliseconds; undefined: to the beginning. */
export const spanMs: Readonly<Record<Span, number | undefined>> = {
  day: dayMs,
  week: 7 * dayMs,
  month: 30 * dayMs,
  ever: undefined,
};

/** Rows of a page. */
export const pageSize = 100;

export interface PastState {
  readonly span: () => Span;
  readonly level: () => AlertLevel | undefined;
  /** Counted from 0. */
  readonly page: () => number;
  readonly setSpan: (span: Span) => void;
  readonly setLevel: (level: AlertLevel | undefined) => void;
  readonly setPage: (page: number) => void;
  /** Shows why an alert was there, at the time that began then. */
  readonly open: (id: string, began: number) => void;
}

/** Which part of the history is shown, as the address bar says. */
export function createPast(): PastState {
  const [params, setParams] = useSearchParams();
  const write = (values: Record<string, string | undefined>) =>
    setParams(values, { replace: true, scroll: false });
  return {
    span: createMemo(() => spans.find((span) => span === params.range) ?? "week"),
    level: createMemo(() => alertLevels.find((level) => level === params.level)),
    page: createMemo(() => Math.max(0, Math.floor(Number(params.page) || 0))),
    setSpan: (range) => write({ range, page: undefined }),
    setLevel: (level) => write({ level, page: undefined }),
    setPage: (page) => write({ page: page === 0 ? undefined : String(page) }),
    open: (alert, began) =>
      setParams(
        { alert, began: String(began), id: undefined },
        { scroll: false, replace: params.alert !== undefined },
      ),
  };
}
