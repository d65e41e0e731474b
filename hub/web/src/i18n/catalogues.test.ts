import { type BaseRecordDict, flatten } from "@solid-primitives/i18n";
import { expect, test } from "vitest";
import { de } from "./de";
import { en } from "./en";
import { de as entranceDe } from "./entrance/de";
import { en as entranceEn } from "./entrance/en";
import { es as entranceEs } from "./entrance/es";
import { es } from "./es";
import { de as settingsDe } from "./settings/de";
import { en as settingsEn } from "./settings/en";
import { es as settingsEs } from "./settings/es";

function holes(text: unknown): readonly string[] {
  return typeof text === "string" ? (text.match(/\{\{\w+\}\}/g) ?? []).toSorted() : [];
}

/** The placeholders of each text by its key. */
function shape(catalogue: BaseRecordDict): Record<string, readonly string[]> {
  return Object.fromEntries(Object.entries(flatten(catalogue)).map(([key, text]) => [key, holes(text)]));
}

test.each([
  ["de", de, en],
  ["es", es, en],
  ["de of the way in", entranceDe, entranceEn],
  ["es of the way in", entranceEs, entranceEn],
  ["de of the settings", settingsDe, settingsEn],
  ["es of the settings", settingsEs, settingsEn],
])("%s has the keys and the placeholders of English", (_name, catalogue, first) => {
  expect(shape(catalogue)).toEqual(shape(first));
});
