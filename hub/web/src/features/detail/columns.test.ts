import { expect, test } from "vitest";
import type { History, HistoryPoint } from "../../api/types";
import { appendLive, type Columns, isEmpty, rangeMs, toColumns } from "./columns";

function history(more: Partial<History>): History {
  return { cpu: [], memory: [], disk: [], netin: [], netout: [], diskread: [], diskwrite: [], ...more };
}

function points(...pairs: readonly (readonly [number, number])[]): readonly HistoryPoint[] {
  return pairs.map(([timestamp, value]) => ({ timestamp, value }));
}

test("lines up metrics measured at different times", () => {
  const columns = toColumns(history({ netin: points([10, 1], [20, 2]), netout: points([20, 5], [30, 6]) }), [
    "netin",
    "netout",
  ]);
  expect(columns).toEqual({
    times: [10, 20, 30],
    values: [
      [1, 2, null],
      [null, 5, 6],
    ],
  });
});

test("a long pause is a hole, not a line", () => {
  const columns = toColumns(history({ cpu: points([10, 1], [20, 1], [30, 1], [500, 2], [510, 2]) }), ["cpu"]);
  expect(columns.times).toEqual([10, 20, 30, 31, 500, 510]);
  expect(columns.values[0]?.[3]).toBeNull();
});

test("nothing measured is empty", () => {
  expect(isEmpty(toColumns(history({}), ["cpu"]))).toBe(true);
  expect(isEmpty(toColumns(history({ cpu: points([1, 0]) }), ["cpu"]))).toBe(false);
});

test("the last point follows the live value, then stays", () => {
  let columns: Columns = { times: [0], values: [[1]] };
  columns = appendLive(columns, { time: 1000, values: [2] }, "1h");
  columns = appendLive(columns, { time: 2000, values: [3] }, "1h");
  expect(columns).toEqual({ times: [0, 2000], values: [[1, 3]] });
  columns = appendLive(columns, { time: 5500, values: [4] }, "1h");
  columns = appendLive(columns, { time: 6500, values: [5] }, "1h");
  expect(columns.times).toEqual([0, 5500, 6500]);
  expect(appendLive(columns, { time: 6000, values: [9] }, "1h")).toBe(columns);
});

test("memory stays flat over a day of seconds", () => {
  let columns: Columns = { times: [], values: [[]] };
  for (let second = 0; second < 20_000; second += 1) {
    columns = appendLive(columns, { time: second * 1000, values: [1] }, "1h");
  }
  expect(columns.times.length).toBeLessThan(730);
  expect((columns.times.at(-1) ?? 0) - (columns.times[0] ?? 0)).toBeLessThanOrEqual(rangeMs["1h"]);
});
