import { expect, test } from "vitest";
import { moveItem } from "./moveItem";

test.each([
  [0, 1, "bac"],
  [2, 0, "cab"],
  [1, 1, "abc"],
  [0, -1, "abc"],
  [2, 3, "abc"],
  [5, 0, "abc"],
])("from %i to %i", (from, to, want) => {
  const list = ["a", "b", "c"];
  expect(moveItem(list, from, to).join("")).toBe(want);
  expect(list.join("")).toBe("abc");
});
