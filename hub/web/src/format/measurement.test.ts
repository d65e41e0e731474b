import { expect, test } from "vitest";
import type { Unit } from "../api/types";
import { formatMeasurement } from "./measurement";

test.each<[number | undefined, Unit, string]>([
  [undefined, "watts", "–"],
  [0, "none", "0"],
  [1_234_567, "none", "1,234,567"],
  [1234.5, "none", "1,235"],
  [0.012345, "none", "0.0123"],
  [-2.5551, "none", "-2.56"],
  [12.5 * 1024 ** 3, "bytes", "12.5 GiB"],
  [-2048, "bytes", "-2.00 KiB"],
  [0.375, "ratio", "38%"],
  [1.5, "ratio", "150%"],
  [0, "seconds", "0 ms"],
  [0.000_42, "seconds", "0.42 ms"],
  [0.0123, "seconds", "12.3 ms"],
  [0.25, "seconds", "250 ms"],
  [3.254, "seconds", "3.25 s"],
  [15_130, "seconds", "4h 12m"],
  [54.6, "celsius", "55 °C"],
  [2 * 1024 ** 2, "bytes_per_second", "2.00 MiB/s"],
  [230, "watts", "230 W"],
  [12_500, "watts", "12.5 kW"],
  [1450, "rpm", "1,450 rpm"],
])("%s %s is written %s", (value, unit, want) => {
  expect(formatMeasurement(value, unit, "en")).toBe(want);
});

test("numbers follow the viewer's language", () => {
  expect(formatMeasurement(0.0123, "seconds", "de")).toBe("12,3 ms");
});
