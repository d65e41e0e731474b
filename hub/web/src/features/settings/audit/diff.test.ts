import { expect, test } from "vitest";
import { diffFields } from "./diff";

test("names fields by their path, and leaves out what stayed", () => {
  const before = { name: "a", role: "viewer", nested: { on: true, deep: { n: 1 } }, list: [1, 2] };
  const after = { name: "a", role: "admin", nested: { on: true, deep: { n: 2 } }, list: [1, 3], more: null };
  expect(diffFields(before, after)).toEqual([
    { field: "role", before: "viewer", after: "admin" },
    { field: "nested.deep.n", before: "1", after: "2" },
    { field: "list", before: "[1,2]", after: "[1,3]" },
    { field: "more", before: undefined, after: "null" },
  ]);
});

test.each([
  [undefined, { a: "x" }, [{ field: "a", before: undefined, after: "x" }]],
  [{ a: "x" }, undefined, [{ field: "a", before: "x", after: undefined }]],
  ["x", "y", [{ field: "", before: "x", after: "y" }]],
  [{}, {}, []],
  [undefined, undefined, []],
])("from %j to %j", (before, after, want) => {
  expect(diffFields(before, after)).toEqual(want);
});
