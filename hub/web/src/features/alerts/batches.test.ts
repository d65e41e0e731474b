import { expect, test } from "vitest";
import { batchesOf } from "./batches";

test.each([
  { name: "nothing", ids: [], most: 10, want: [] },
  { name: "what fits into one", ids: ["a", "b"], most: 8, want: [["a", "b"]] },
  { name: "what does not", ids: ["a", "b", "c"], most: 8, want: [["a", "b"], ["c"]] },
  { name: "by bytes, not by characters", ids: ["ä", "b"], most: 8, want: [["ä"], ["b"]] },
  {
    name: "one that is too large alone, by itself",
    ids: ["aaaaaaaaaa", "b"],
    most: 8,
    want: [["aaaaaaaaaa"], ["b"]],
  },
])("divides $name", ({ ids, most, want }) => {
  expect(batchesOf(ids, most)).toEqual(want);
});

test("keeps a thousand of the longest ids within what the hub takes", () => {
  const ids = Array.from({ length: 1000 }, (_item, index) => `${index}`.padEnd(500, "x"));
  const batches = batchesOf(ids);
  expect(batches.flat()).toEqual(ids);
  for (const alertIds of batches) expect(JSON.stringify({ alertIds }).length).toBeLessThan(32 * 1024);
});
