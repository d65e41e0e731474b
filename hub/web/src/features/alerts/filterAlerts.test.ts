import { expect, test } from "vitest";
import { makeAlert } from "../../testAlert";
import { alertRows, matchesFilter } from "./filterAlerts";

const disk = makeAlert("1", { type: "disk", level: "critical", resourceName: "Nas-01", node: "pve2" });

test.each([
  { name: "everything without a filter", filter: { text: "" }, want: true },
  { name: "its level", filter: { text: "", level: "critical" as const }, want: true },
  { name: "not another level", filter: { text: "", level: "warning" as const }, want: false },
  { name: "its type", filter: { text: "", type: "disk" }, want: true },
  { name: "not another type", filter: { text: "", type: "cpu" }, want: false },
  { name: "words in any place and case", filter: { text: " nas  PVE2 " }, want: true },
  { name: "the name of its type", filter: { text: "Datenträger" }, want: true },
  { name: "not when a word is missing", filter: { text: "nas web" }, want: false },
])("keeps $name", ({ filter, want }) => {
  expect(matchesFilter(disk, filter, "Datenträger")).toBe(want);
});

const alerts = [
  makeAlert("old", { startedAt: 10, resourceName: "b10", node: "n2" }),
  makeAlert("new", { startedAt: 30, resourceName: "b9", node: "n1" }),
  makeAlert("bad", { startedAt: 5, level: "critical", resourceName: "c", node: "n1" }),
];

test.each([
  { key: "level", descending: false, want: ["bad", "new", "old"] },
  { key: "level", descending: true, want: ["old", "new", "bad"] },
  { key: "resource", descending: false, want: ["new", "old", "bad"] },
  { key: "since", descending: false, want: ["new", "old", "bad"] },
  { key: "node", descending: false, want: ["bad", "new", "old"] },
])("orders by $key, descending $descending", ({ key, descending, want }) => {
  expect(alertRows(alerts, { key, descending }).map((row) => row.id)).toEqual(want);
});

test("sets those apart that somebody takes care of", () => {
  const [old, young, bad] = alerts;
  if (!old || !young || !bad) throw new Error("the samples are missing");
  const sort = { key: "level", descending: false };
  const rows = alertRows([old, young, { ...bad, acknowledged: true }], sort);
  expect(rows.map((row) => `${row.kind} ${row.id}`)).toEqual([
    "group open",
    "item new",
    "item old",
    "group acknowledged",
    "item bad",
  ]);
  expect(alertRows([{ ...bad, acknowledged: true }], sort).map((row) => row.id)).toEqual([
    "acknowledged",
    "bad",
  ]);
});
