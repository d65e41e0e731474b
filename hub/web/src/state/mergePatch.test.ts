import { expect, test } from "vitest";
import type { JsonObject } from "../api/types";
import { mergePatch } from "./mergePatch";

const cases: readonly {
  readonly name: string;
  readonly target: JsonObject;
  readonly patch: JsonObject;
  readonly want: JsonObject;
}[] = [
  { name: "replaces a value", target: { a: "b" }, patch: { a: "c" }, want: { a: "c" } },
  { name: "adds a key", target: { a: "b" }, patch: { b: "c" }, want: { a: "b", b: "c" } },
  { name: "deletes on null", target: { a: "b", b: 1 }, patch: { a: null }, want: { b: 1 } },
  { name: "replaces arrays", target: { a: [1, 2] }, patch: { a: [3] }, want: { a: [3] } },
  {
    name: "merges objects",
    target: { a: { b: 1, c: 2 } },
    patch: { a: { b: 3 } },
    want: { a: { b: 3, c: 2 } },
  },
  { name: "deletes inside", target: { a: { b: 1, c: 2 } }, patch: { a: { c: null } }, want: { a: { b: 1 } } },
  { name: "object over scalar", target: { a: 1 }, patch: { a: { b: 2, c: null } }, want: { a: { b: 2 } } },
  { name: "scalar over object", target: { a: { b: 1 } }, patch: { a: 5 }, want: { a: 5 } },
  { name: "null of a missing key", target: {}, patch: { a: null }, want: {} },
];

for (const { name, target, patch, want } of cases) {
  test(name, () => {
    const before = structuredClone(target);
    expect(mergePatch(target, patch)).toEqual(want);
    expect(target).toEqual(before);
  });
}

test("keeps the identity of untouched parts", () => {
  const disks = [{ total: 1 }];
  expect(mergePatch({ disks, cpu: 1 }, { cpu: 2 }).disks).toBe(disks);
});

test("a key named __proto__ changes no prototype", () => {
  const patch = JSON.parse('{"__proto__":{"polluted":true},"a":{"__proto__":{"x":1}}}') as JsonObject;
  const merged = mergePatch({}, patch);
  expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
  expect("polluted" in merged).toBe(false);
});
