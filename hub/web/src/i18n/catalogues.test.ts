import { flatten } from "@solid-primitives/i18n";
import { expect, test } from "vitest";
import { de } from "./de";
import { en } from "./en";
import { es } from "./es";

function holes(text: unknown): readonly string[] {
  return typeof text === "string" ? (text.match(/\{\{\w+\}\}/g) ?? []).toSorted() : [];
}

test.each([
  ["de", de],
  ["es", es],
])("%s has the keys and the placeholders of English", (_name, catalogue) => {
  const own = flatten(catalogue);
  const first = flatten(en);
  expect(Object.keys(own).toSorted()).toEqual(Object.keys(first).toSorted());
  for (const [key, text] of Object.entries(first)) {
    expect({ key, holes: holes(own[key as keyof typeof own]) }).toEqual({ key, holes: holes(text) });
  }
});
