import { expect, test } from "vitest";
import { decodeFrame } from "./decode";
import { decodeAlertHistory, decodeBulkFailures, decodeExplanation, decodeTelling } from "./decodeAlerts";

const raw = {
  id: "a/b",
  type: "cpu",
  level: "critical",
  resourceId: "x",
  resourceName: "web",
  node: "pve1",
  instance: "lab",
  message: "CPU at 95 %",
  value: 95,
  threshold: 80,
  startTime: "2026-11-23T18:00:00Z",
  acknowledged: true,
  ackTime: "2026-11-23T18:05:00Z",
  ackUser: "ann",
  resource: "lab:pve1:100",
};
const decoded = {
  id: "a/b",
  type: "cpu",
  level: "critical",
  resourceName: "web",
  node: "pve1",
  instance: "lab",
  message: "CPU at 95 %",
  value: 95,
  threshold: 80,
  startedAt: Date.parse("2026-11-23T18:00:00Z"),
  acknowledged: true,
  ackAt: Date.parse("2026-11-23T18:05:00Z"),
  ackUser: "ann",
  resource: "lab:pve1:100",
};

test("reads the frame, and leaves out what has no id", () => {
  const frame = { type: "alerts", data: { total: 1200, alerts: [raw, { type: "cpu" }, null, 7] } };
  expect(decodeFrame(JSON.stringify(frame))).toEqual({ type: "alerts", total: 1200, alerts: [decoded] });
});

test("fills in what is missing, and drops what is of a wrong type", () => {
  const frame = {
    type: "alerts",
    data: { alerts: [{ id: "a", level: 3, value: "much", startTime: "soon" }] },
  };
  expect(decodeFrame(JSON.stringify(frame))).toEqual({
    type: "alerts",
    total: 1,
    alerts: [
      {
        id: "a",
        type: "",
        level: "warning",
        resourceName: "",
        node: "",
        instance: "",
        message: "",
        value: 0,
        threshold: 0,
        startedAt: 0,
        acknowledged: false,
        resource: "",
      },
    ],
  });
});

test("reads an explanation", () => {
  const found = decodeExplanation({
    alert: raw,
    evidence: {
      value: 95,
      threshold: 80,
      clear: 75,
      rule: "rule night",
      began: "2026-11-23T18:00:00Z",
      firedAt: "2026-11-23T18:01:00Z",
      samples: [[1000, 50.5], [2000], ["x", 1], [3000, 95]],
    },
    timeline: [
      {
        id: "1",
        type: "note",
        timestamp: "2026-11-23T18:01:00Z",
        summary: "Note added by ann",
        details: { user: "ann", note: "looked", withheld: "nonsense" },
      },
    ],
    withheld: { reason: "quiet-hours", until: "2026-11-24T06:00:00Z" },
    hidden: ["c"],
    hiddenBy: "d",
  });
  expect(found).toEqual({
    alert: decoded,
    evidence: {
      value: 95,
      threshold: 80,
      clear: 75,
      rule: "rule night",
      beganAt: Date.parse("2026-11-23T18:00:00Z"),
      firedAt: Date.parse("2026-11-23T18:01:00Z"),
      samples: [
        [1000, 50.5],
        [3000, 95],
      ],
    },
    timeline: [
      {
        id: "1",
        type: "note",
        at: Date.parse("2026-11-23T18:01:00Z"),
        summary: "Note added by ann",
        user: "ann",
        note: "looked",
      },
    ],
    withheld: { reason: "quiet-hours", until: Date.parse("2026-11-24T06:00:00Z") },
    hidden: ["c"],
    hiddenBy: "d",
  });
  expect(decodeExplanation({ evidence: {} })).toBeUndefined();
});

test("reads how past alerts ended", () => {
  const past = { ...raw, incidentId: "inc-1", resolvedAt: "2026-11-23T19:00:00Z", ending: "manual" };
  expect(decodeAlertHistory([past, { ...raw, resolvedAt: null, ending: "odd" }, "x"])).toEqual([
    { ...decoded, incident: "inc-1", endedAt: Date.parse("2026-11-23T19:00:00Z"), ending: "manual" },
    { ...decoded, incident: `a/b ${decoded.startedAt}` },
  ]);
});

test.each([
  [{ enabled: true, activationState: "active" }, "active"],
  [{ enabled: true, activationState: "snoozed" }, "snoozed"],
  [{ enabled: true, activationState: "pending_review" }, "pending"],
  [{ enabled: false, activationState: "active" }, "disabled"],
  ["nonsense", "pending"],
])("tells from %j that telling is %s", (config, want) => {
  expect(decodeTelling(config)).toBe(want);
});

test("names those that an order was not carried out for", () => {
  const done = { results: [{ alertId: "a", success: true }, { alertId: "b", error: "not found" }, 5] };
  expect([...decodeBulkFailures(done)]).toEqual([["b", "not found"]]);
});
