import { expect, test } from "vitest";
import { ownSeries } from "./series";

test("a measurement has the history of its key", () => {
  expect(ownSeries("queued{queue=in}").metric).toBe("queued{queue=in}");
});

test.each(["cpu", "temperature", "diskused"])(
  "one called %s does not get the history of something else",
  (key) => {
    expect(ownSeries(key).metric).toBeUndefined();
  },
);
