import { expect, test } from "vitest";
import { endOfDay, startOfDay } from "./days";

test("a day lasts from its midnight to the next in the viewer's zone", () => {
  expect(startOfDay("2026-11-23")).toBe(new Date(2026, 10, 23).getTime());
  expect(endOfDay("2026-12-31")).toBe(new Date(2027, 0, 1).getTime());
});

test.each(["", "2026-02-30", "2026-13-01", "yesterday", "2026-11-23T10:00", "26-11-23"])(
  "%j is no day",
  (text) => {
    expect(startOfDay(text)).toBeUndefined();
    expect(endOfDay(text)).toBeUndefined();
  },
);
