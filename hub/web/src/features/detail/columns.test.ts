import { expect, test } from "vitest";
import type { HistoryPoint } from "../../api/types";
import { appendLive, type Columns, isEmpty, rangeMs, toColumns } from "./columns";

function points(...pairs: readonly (readonly [number, number])[]): readonly HistoryPoint[] {
  return pairs.map(([timestamp, value]) => ({ timestamp, value, min: value, max: value }));
}

test("lines up metrics measured at different times", () => {
  const columns = toColumns({ netin: points([10, 1], [20, 2]), netout: points([20, 5], [30, 6]) }, [
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
  const columns = toColumns({ cpu: points([10, 1], [20, 1], [30, 1], [500, 2], [510, 2]) }, ["cpu"]);
  expect(columns.times).toEqual([10, 20, 30, 31, 500, 510]);
  expect(columns.values[0]?.[3]).toBeNull();
});

test("nothing measured is empty", () => {
  expect(isEmpty(toColumns({}, ["cpu"]))).toBe(true);
  expect(isEmpty(toColumns({ cpu: points([1, 0]) }, ["cpu"]))).toBe(false);
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

test("a source's own measurement has its history by its key", () => {
  const columns = toColumns({ "mails{queue=in}": points([10, 1], [20, 2]) }, ["mails{queue=in}"]);
  expect(columns.values).toEqual([[1, 2]]);
});

test("a band says between what the values of a step lay, and ends where live values begin", () => {
  const columns = toColumns(
    { cpu: [{ timestamp: 10, value: 5, min: 1, max: 99 }], memory: points([10, 50]) },
    ["cpu", "memory"],
  );
  expect(columns.band).toEqual({ lows: [[1], [50]], highs: [[99], [50]] });
  const grown = appendLive(columns, { time: 60_000, values: [7, undefined] }, "1h");
  expect(grown.values).toEqual([
    [5, 7],
    [50, null],
  ]);
  expect(grown.band).toEqual({
    lows: [
      [1, 7],
      [50, null],
    ],
    highs: [
      [99, 7],
      [50, null],
    ],
  });
});

test("single values have no band", () => {
  expect(toColumns({ cpu: points([10, 5]) }, ["cpu"]).band).toBeUndefined();
});
