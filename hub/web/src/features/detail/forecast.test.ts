import { flatten, resolveTemplate, translator } from "@solid-primitives/i18n";
import { expect, test } from "vitest";
import { decodeForecast } from "../../api/decode";
import type { Json } from "../../api/types";
import { de } from "../../i18n/de";
import { type Catalogue, en } from "../../i18n/en";
import { es } from "../../i18n/es";
import { basisText, forecastText, formatAhead, urgencyOf } from "./forecast";

function words(catalogue: Catalogue) {
  const flat = flatten(catalogue);
  return translator(() => flat, resolveTemplate);
}

function answer(more: { readonly [key: string]: Json }): Json {
  const usual = {
    reason: "growing",
    confidence: "medium",
    bytesPerDay: 2 ** 30,
    daysUntilFull: 23.4,
    fullAt: "2026-04-20T12:00:00Z",
    basedOn: { from: "2026-03-01T00:00:00Z", to: "2026-03-31T00:00:00Z", points: 720 },
  };
  return { forecasts: [{ ...usual, ...more }] };
}

function forecast(more: { readonly [key: string]: Json } = {}) {
  const decoded = decodeForecast(answer(more));
  if (!decoded) throw new Error("not decoded");
  return decoded;
}

test("is one line in each language", () => {
  expect(forecastText(forecast(), words(en), "en")).toBe("Disk full in 23 days (medium confidence)");
  expect(forecastText(forecast(), words(de), "de")).toBe("Datenträger in 23 Tagen voll (mäßig sicher)");
  expect(forecastText(forecast(), words(es), "es")).toBe("Disco lleno dentro de 23 días (confianza media)");
});

test.each([
  [{ reason: "full", daysUntilFull: 0 }, "Disk full"],
  [{ mount: "/var" }, "/var: Disk full in 23 days (medium confidence)"],
  [{ mount: "/var", reason: "no_recent_history", daysUntilFull: null }, ""],
  [{ reason: "not_growing", daysUntilFull: null }, "Disk does not fill up (medium confidence)"],
  [{ reason: "shrinking", daysUntilFull: null }, "Disk does not fill up (medium confidence)"],
  [{ reason: "after_cleanup", daysUntilFull: null }, "Forecast after three days of history"],
  [{ reason: "no_recent_history", daysUntilFull: null }, ""],
])("%o", (more, text) => {
  expect(forecastText(forecast(more), words(en), "en")).toBe(text);
});

test.each([
  [0.4, "today"],
  [1, "tomorrow"],
  [89, "in 89 days"],
  [200, "in 7 months"],
  [1000, "in 3 years"],
])("%d days are %s", (days, text) => {
  expect(formatAhead(days, "en")).toBe(text);
});

test("says what it is based on", () => {
  expect(basisText(forecast(), words(en), "en")).toBe("+1.00 GiB a day, from 720 hours of history");
  expect(basisText(forecast({ reason: "full" }), words(en), "en")).toBe("");
});

test("alarms when it is soon and sure", () => {
  expect(urgencyOf(forecast())).toBe("warn");
  expect(urgencyOf(forecast({ daysUntilFull: 3 }))).toBe("bad");
  expect(urgencyOf(forecast({ daysUntilFull: 3, confidence: "low" }))).toBe("calm");
  expect(urgencyOf(forecast({ daysUntilFull: 60 }))).toBe("calm");
});

test("what cannot be understood is no forecast", () => {
  expect(decodeForecast({ forecasts: null })).toBeUndefined();
  expect(decodeForecast({ forecasts: [] })).toBeUndefined();
  expect(decodeForecast(answer({ reason: "moon" }))).toBeUndefined();
  expect(forecast({ confidence: "moon", daysUntilFull: null }).confidence).toBe("low");
});
