import { expect, test } from "vitest";
import { allows, sectionsFor } from "./sections";

test.each([
  [["*:*"], "audit:read", true],
  [["users:*"], "users:write", true],
  [["*:read"], "tokens:read", true],
  [["*:read"], "tokens:write", false],
  [["alerts:read"], "audit:read", false],
  [[], "audit:read", false],
])("%j allows %s: %s", (permissions, wanted, want) => {
  expect(allows(permissions, wanted)).toBe(want);
});

test("a viewer sees their account only, and somebody unknown everything", () => {
  expect(sectionsFor(["monitoring:read", "alerts:read"]).map((section) => section.key)).toEqual(["account"]);
  expect(sectionsFor(undefined)).toHaveLength(8);
});
