import { expect, test } from "vitest";
import { formatBytes, formatCelsius, formatLoad, formatPercent, formatRate } from "./numbers";
import { formatAge, formatDuration } from "./times";

const gib = 1024 ** 3;

test.each([
  [undefined, "–"],
  [0, "0 B"],
  [999, "999 B"],
  [1000, "0.98 KiB"],
  [1536, "1.50 KiB"],
  [12.5 * gib, "12.5 GiB"],
  [128 * gib, "128 GiB"],
  [1023 * gib, "1.00 TiB"],
  [5 * 1024 ** 6, "5,120 PiB"],
])("bytes %s are written %s", (bytes, want) => {
  expect(formatBytes(bytes, "en")).toBe(want);
});

test("numbers follow the viewer's language", () => {
  expect(formatBytes(12.5 * gib, "de")).toBe("12,5 GiB");
  expect(formatPercent(3.14, "es")).toBe("3,1%");
});

test.each([
  [undefined, "–"],
  [0.4, "0 B/s"],
  [2 * 1024 ** 2, "2.00 MiB/s"],
])("rate %s is written %s", (rate, want) => {
  expect(formatRate(rate, "en")).toBe(want);
});

test.each([
  [undefined, "–"],
  [0, "0.0%"],
  [9.94, "9.9%"],
  [9.96, "10%"],
  [99.6, "100%"],
])("percent %s is written %s", (percent, want) => {
  expect(formatPercent(percent, "en")).toBe(want);
});

test("temperature and load", () => {
  expect(formatCelsius(54.6, "en")).toBe("55 °C");
  expect(formatLoad([0.5, 1, 2.345], "en")).toBe("0.50  1.00  2.35");
  expect(formatLoad([], "en")).toBe("–");
});

test.each([
  [undefined, "–"],
  [45, "45s"],
  [200, "3m 20s"],
  [3600, "1h"],
  [15_130, "4h 12m"],
  [1_051_200, "12d 4h"],
])("duration %s is written %s", (seconds, want) => {
  expect(formatDuration(seconds)).toBe(want);
});

test.each([
  [undefined, "–"],
  [-5, "0s"],
  [4_900, "4s"],
  [61_000, "1m"],
  [7_200_000, "2h"],
  [9 * 86_400_000, "9d"],
])("age %s is written %s", (milliseconds, want) => {
  expect(formatAge(milliseconds)).toBe(want);
});
