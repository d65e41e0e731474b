import { expect, test } from "vitest";
import { providerFailureOf, shownCode } from "./providerFailure";

test.each([
  ["saml_disabled", "oidc_disabled"],
  ["saml_init_failed", "saml_init_failed"],
  ["invalid_response", "token"],
  ["replayed_response", "replayed"],
  ["invalid_state", "expired"],
  ["group_restricted", "group_restricted"],
  ["toString", "other"],
  ["", "other"],
])("%j is told as %s", (code, want) => {
  expect(providerFailureOf(code)).toBe(want);
});

test("a code that anybody may have written is shown without what could mislead", () => {
  expect(shownCode("<b>call 555</b>")).toBe("bcall555b");
  expect(shownCode("x".repeat(99))).toHaveLength(40);
  expect(shownCode("?!")).toBe("?");
});
