import { expect, test } from "vitest";
import type { Json, JsonObject } from "../../api/types";
import { membersOf } from "./members";

test("flattens objects and lists by path, and leaves out what is empty", () => {
  const { shown, left } = membersOf({
    port: 443,
    open: false,
    tls: { issuer: "Example CA", names: ["a.example", "b.example"], empty: {}, none: null },
    checks: [{ name: "dns", ok: true }, "plain"],
    text: "",
    nothing: [],
  });
  expect(shown.map(({ path, value }) => [path, value])).toEqual([
    ["port", 443],
    ["open", false],
    ["tls › issuer", "Example CA"],
    ["tls › names", "a.example, b.example"],
    ["checks › 1 › name", "dns"],
    ["checks › 1 › ok", true],
    ["checks › 2", "plain"],
  ]);
  expect(left).toBe(0);
});

test("markup stays text, and long text ends", () => {
  const markup = "<img src=x onerror=alert(1)>";
  const { shown } = membersOf({ a: markup, b: "x".repeat(2000) });
  expect(shown[0]?.value).toBe(markup);
  expect(String(shown[1]?.value)).toHaveLength(501);
});

test("says how many are left out, and does not follow for ever", () => {
  const many: Record<string, Json> = {};
  for (let index = 0; index < 250; index += 1) many[`m${index}`] = index;
  expect(membersOf(many).shown).toHaveLength(200);
  expect(membersOf(many).left).toBe(50);
  let deep: JsonObject = { end: 1 };
  for (let level = 0; level < 5000; level += 1) deep = { in: deep };
  expect(membersOf(deep).shown).toEqual([]);
});
