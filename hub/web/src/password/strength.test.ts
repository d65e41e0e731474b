import { expect, test } from "vitest";
import { faultOf, strengthOf } from "./strength";

test.each([
  ["", "weak"],
  ["Tr0ub4dor&3", "weak"],
  ["aaaaaaaaaaaaaaaaaaaaaaaa", "weak"],
  ["abcdefghijklmnop", "weak"],
  ["123456789012", "weak"],
  ["pulsepulsepulse", "fair"],
  ["copper lantern drift", "good"],
  ["copper lantern drift oyster 7!", "strong"],
  ["vK4!pz9QwR2#xLm8", "strong"],
])("%j is %s", (password, want) => {
  expect(strengthOf(password)).toBe(want);
});

test.each([
  ["eleven-char", "eleven-char", "admin", "tooShort"],
  ["Administrator", "Administrator", " administrator ", "sameAsName"],
  ["twelve-chars", "twelve-char", "admin", "different"],
  ["twelve-chars", "twelve-chars", "admin", undefined],
  ["ñññññññññññ", "ñññññññññññ", "admin", "tooShort"],
])("the fault of %j repeated as %j by %j is %s", (password, again, name, want) => {
  expect(faultOf(password, again, name)).toBe(want);
});
