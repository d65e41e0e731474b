import { expect, test } from "vitest";
import { decodeResource } from "../api/decode";
import type { JsonObject } from "../api/types";
import { reasonOf } from "./reason";

test.each<{ name: string; raw: JsonObject; want: unknown }>([
  {
    name: "the hub's words before all others",
    raw: { type: "node", statusReason: "a fan stands still", platformData: { connectionHealth: "error" } },
    want: { kind: "words", words: "a fan stands still" },
  },
  {
    name: "an error of the platform",
    raw: { type: "datastore", platformData: { error: "not mounted" } },
    want: { kind: "words", words: "not mounted" },
  },
  {
    name: "how a container ended",
    raw: { type: "docker-container", platformData: { status: "Exited (137) 2 hours ago" } },
    want: { kind: "words", words: "Exited (137) 2 hours ago" },
  },
  {
    name: "why a pod was evicted",
    raw: { type: "pod", platformData: { reason: "Evicted", message: "low on disk" } },
    want: { kind: "words", words: "Evicted: low on disk" },
  },
  {
    name: "what a pod's container waits for",
    raw: {
      type: "pod",
      platformData: { containers: [{ state: "running" }, { state: "waiting", reason: "CrashLoopBackOff" }] },
    },
    want: { kind: "words", words: "CrashLoopBackOff" },
  },
  {
    name: "missing replicas",
    raw: { type: "k8s-deployment", platformData: { readyReplicas: 1, desiredReplicas: 2 } },
    want: { kind: "replicas", ready: 1, wanted: 2 },
  },
  {
    name: "missing tasks, none of which is counted",
    raw: { type: "docker-service", platformData: { desiredTasks: 3 } },
    want: { kind: "tasks", ready: 0, wanted: 3 },
  },
  {
    name: "a node not ready",
    raw: { type: "k8s-node", platformData: { ready: false } },
    want: { kind: "notReady" },
  },
  {
    name: "a node that takes no more pods",
    raw: { type: "k8s-node", platformData: { ready: true, unschedulable: true } },
    want: { kind: "cordoned" },
  },
  {
    name: "a connection in trouble",
    raw: { type: "node", platformData: { connectionHealth: "degraded" } },
    want: { kind: "connection" },
  },
  {
    name: "a storage switched off",
    raw: { type: "storage", platformData: { enabled: false, active: false } },
    want: { kind: "disabled" },
  },
  {
    name: "a storage that is away",
    raw: { type: "storage", platformData: { enabled: true, active: false } },
    want: { kind: "inactive" },
  },
  { name: "nothing known", raw: { type: "host" }, want: undefined },
  {
    name: "nothing for one that is well",
    raw: { type: "pod", status: "running", platformData: { reason: "old" } },
    want: undefined,
  },
])("tells $name", ({ raw, want }) => {
  const resource = decodeResource({ id: "x", status: "degraded", ...raw });
  expect(resource && reasonOf(resource)).toEqual(want);
});
