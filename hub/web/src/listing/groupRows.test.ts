import { expect, test } from "vitest";
import { groupRows } from "./groupRows";

test("rows stand under their groups, in order, and none is lost", () => {
  const rows = groupRows(["b1", "a1", "x1", "a2"], ["a", "b", "empty"], (id) => id.charAt(0));
  expect(rows.map((row) => `${row.kind} ${row.id}`)).toEqual([
    "group a",
    "item a1",
    "item a2",
    "group b",
    "item b1",
    "group x",
    "item x1",
  ]);
});
