import { expect, test } from "vitest";
import { formatAlertValue, isMeasured, isPercent } from "./alertValue";

test.each([
  [92.157, "usage", "92.2%"],
  [100, "cpu", "100%"],
  [127.31, "disk", "127%"],
  [12.34, "networkIn", "12.3 MiB/s"],
  [61, "temperature", "61 °C"],
  [503, "message-age", "503 min"],
  [2.5, "backup-age", "2.5 d"],
  [1412, "queue-deferred", "1,412"],
  [undefined, "cpu", "–"],
])("writes %s of %s as %s", (value, type, want) => {
  expect(formatAlertValue(value, type, "en-GB")).toBe(want);
});

test("tells states from what is measured, and percentages from the rest", () => {
  expect([isMeasured({ value: 0, threshold: 0 }), isMeasured({ value: 0, threshold: 5 })]).toEqual([
    false,
    true,
  ]);
  expect([isPercent("memory"), isPercent("message-age")]).toEqual([true, false]);
});
