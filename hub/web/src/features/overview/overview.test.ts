import { expect, test } from "vitest";
import { decodeResource, decodeSource } from "../../api/decode";
import type { JsonObject, Resource, Source } from "../../api/types";
import { makeAlert as alert } from "../../testAlert";
import { findAttention } from "./attention";
import { addUp, busiest, countStates } from "./totals";

function host(id: string, more: JsonObject = {}): Resource {
  const resource = decodeResource({ id, type: "host", name: id, status: "online", ...more });
  if (!resource) throw new Error("the sample does not decode");
  return resource;
}

function source(id: string, health: string): Source {
  const decoded = decodeSource({ id, name: id, type: "pve", health, message: "refused" });
  if (!decoded) throw new Error("the sample does not decode");
  return decoded;
}

test("lists trouble, the worst first, and nothing that is well", () => {
  const lines = findAttention(
    [
      host("calm"),
      host("stopped", { status: "stopped" }),
      host("quiet", { stale: true }),
      host("gone", { status: "offline", stale: true }),
      host("full"),
      host("away", { status: "offline" }),
      host("known", { status: "offline" }),
      host("weak", { status: "degraded" }),
    ],
    [source("ok", "ok"), source("broken", "failed"), source("slow", "degraded")],
    [
      alert("1", { level: "critical", type: "disk", resource: "full", resourceName: "full" }),
      alert("2", { level: "critical", type: "host-offline", resource: "away", resourceName: "away" }),
      alert("3", { type: "host-offline", resource: "known", acknowledged: true }),
      alert("4", { type: "hub-health", resourceName: "the hub" }),
    ],
  );
  expect(lines.map((line) => [line.name, line.kind, line.severity])).toEqual([
    ["broken", "sourceFailed", "bad"],
    ["gone", "offline", "bad"],
    ["known", "offline", "bad"],
    ["away", "alert", "bad"],
    ["full", "alert", "bad"],
    ["the hub", "alert", "warn"],
    ["weak", "degraded", "warn"],
    ["quiet", "stale", "warn"],
    ["slow", "sourceDegraded", "warn"],
  ]);
});

test("old numbers are not added up", () => {
  const totals = addUp([
    host("a", { cpu: { current: 20 }, memory: { current: 50, used: 5, total: 10 }, rates: { netIn: 100 } }),
    host("b", { cpu: { current: 40 }, memory: { current: 100, used: 10, total: 10 }, rates: { netIn: 50 } }),
    host("old", { cpu: { current: 99 }, stale: true, rates: { netIn: 999 } }),
    host("off", { cpu: { current: 99 }, status: "offline" }),
  ]);
  expect(totals).toEqual({
    count: 4,
    up: 3,
    cpu: 30,
    memory: { used: 15, total: 20, percent: 75 },
    netIn: 150,
    netOut: 0,
  });
});

test("counts states, trouble first", () => {
  const resources = [
    host("a"),
    host("b", { stale: true }),
    host("c", { status: "offline", stale: true }),
    host("d", { status: "running" }),
    host("e"),
  ];
  expect(countStates(resources)).toEqual([
    { state: "offline", count: 1 },
    { state: "stale", count: 1 },
    { state: "running", count: 1 },
    { state: "online", count: 2 },
  ]);
});

test("finds the busiest", () => {
  const all = [
    host("a", { cpu: { current: 1 } }),
    host("b", { cpu: { current: 9 } }),
    host("c", { cpu: { current: 5 } }),
    host("d"),
  ];
  expect(busiest(all, "cpu", 2).map((resource) => resource.id)).toEqual(["b", "c"]);
});

test("puts machines before what runs on them", () => {
  const lines = findAttention(
    [
      host("a-container", { type: "docker-container", status: "offline" }),
      host("b-storage", { type: "storage", status: "offline" }),
      host("c-node", { type: "node", status: "offline" }),
    ],
    [],
    [],
  );
  expect(lines.map((line) => line.name)).toEqual(["c-node", "b-storage", "a-container"]);
});
