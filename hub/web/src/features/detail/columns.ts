import type { History, HistoryPoint, HistoryRange } from "../../api/types";

/** What a chart draws: times in Unix milliseconds, and per metric a value or nothing at each. */
export interface Columns {
  readonly times: readonly number[];
  readonly values: readonly Line[];
  /** Between what each value lay, where steps sum up more than one value. */
  readonly band?: { readonly lows: readonly Line[]; readonly highs: readonly Line[] };
}

/** As long as the times. */
type Line = readonly (number | null)[];

export const rangeMs: Readonly<Record<HistoryRange, number>> = {
  "1h": 3_600_000,
  "24h": 86_400_000,
  "7d": 7 * 86_400_000,
};

/** More points than a chart is wide show nothing more; this bounds what live data may add. */
const livePoints = 720;
/** A pause this many times longer than usual is drawn as a hole. */
const holeFactor = 6;

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}

function holesIn(times: readonly number[]): readonly number[] {
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? time));
  const limit = median(pauses) * holeFactor;
  return limit === 0
    ? []
    : pauses.flatMap((pause, index) => (pause > limit ? [(times[index] ?? 0) + 1] : []));
}

/** Lines up the points of some metrics on one time axis; one without a name there has no points. */
export function toColumns(history: History, metrics: readonly (string | undefined)[]): Columns {
  const byTime = metrics.map(
    (metric) =>
      new Map(((metric ? history[metric] : undefined) ?? []).map((point) => [point.timestamp, point])),
  );
  const measured = [...new Set(byTime.flatMap((points) => [...points.keys()]))].sort(
    (left, right) => left - right,
  );
  const times = [...measured, ...holesIn(measured)].sort((left, right) => left - right);
  const lines = (read: (point: HistoryPoint) => number): readonly Line[] =>
    byTime.map((points) =>
      times.map((time) => {
        const point = points.get(time);
        return point ? read(point) : null;
      }),
    );
  const values = lines((point) => point.value);
  if (!byTime.some((points) => [...points.values()].some((point) => point.min < point.max)))
    return { times, values };
  return { times, values, band: { lows: lines((point) => point.min), highs: lines((point) => point.max) } };
}

/**
 * Adds what was measured just now and drops what has left the range. The last
 * point moves with the live value until a step has passed, then stays.
 */
export function appendLive(
  columns: Columns,
  now: { readonly time: number; readonly values: readonly (number | undefined)[] },
  range: HistoryRange,
): Columns {
  const count = columns.times.length;
  const last = columns.times[count - 1];
  if (last !== undefined && now.time <= last) return columns;
  const step = rangeMs[range] / livePoints;
  const anchor = columns.times[count - 2];
  const keep = anchor !== undefined && last !== undefined && last - anchor < step ? count - 1 : count;
  const oldest = now.time - rangeMs[range];
  const from = Math.max(
    0,
    columns.times.findIndex((time) => time >= oldest),
  );
  const grow = (lines: readonly Line[]): readonly Line[] =>
    lines.map((line, index) => [...line.slice(from, keep), now.values[index] ?? null]);
  return {
    times: [...columns.times.slice(from, keep), now.time],
    values: grow(columns.values),
    ...(columns.band ? { band: { lows: grow(columns.band.lows), highs: grow(columns.band.highs) } } : {}),
  };
}

export function isEmpty(columns: Columns): boolean {
  return columns.values.every((list) => list.every((value) => value === null));
}
