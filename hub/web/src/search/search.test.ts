import { expect, test } from "vitest";
import { decodeResource } from "../api/decode";
import type { Resource } from "../api/types";
import { matchesSearch } from "./match";
import { parseSearch } from "./parse";

test.each([
  ["", []],
  ["  web  ", [{ kind: "word", text: "web", negated: false }]],
  ['"my name"', [{ kind: "word", text: "my name", negated: false }]],
  ["node:pve1", [{ kind: "text", field: "node", text: "pve1", negated: false }]],
  ['os:"windows 11"', [{ kind: "text", field: "os", text: "windows 11", negated: false }]],
  ["-tag:prod", [{ kind: "text", field: "tag", text: "prod", negated: true }]],
  ["cpu>80", [{ kind: "number", field: "cpu", comparison: ">", value: 80, negated: false }]],
  ["mem<=12,5%", [{ kind: "number", field: "memory", comparison: "<=", value: 12.5, negated: false }]],
  ["uptime<2d", [{ kind: "number", field: "uptime", comparison: "<", value: 172_800, negated: false }]],
  ["in>1.5M", [{ kind: "number", field: "in", comparison: ">", value: 1.5 * 1024 ** 2, negated: false }]],
  ["cpu>", [{ kind: "word", text: "cpu>", negated: false }]],
  ["cpu>high", [{ kind: "word", text: "cpu>high", negated: false }]],
  ["color:red", [{ kind: "word", text: "color:red", negated: false }]],
  ["-", [{ kind: "word", text: "-", negated: false }]],
  ['"', []],
])("parses %s", (query, want) => {
  expect(parseSearch(query)).toEqual(want);
});

function guest(): Resource {
  const resource = decodeResource({
    id: "pve1-101",
    type: "container",
    name: "web-frontend",
    status: "running",
    tags: ["prod", "edge"],
    platformId: "Home lab",
    platformType: "proxmox-pve",
    cpu: { current: 85.2 },
    uptime: 90_000,
    rates: { netIn: 3_000_000 },
    platformData: { node: "pve1", vmid: 101, osName: "Debian", ipAddresses: ["10.0.0.7"] },
  });
  if (!resource) throw new Error("the sample does not decode");
  return resource;
}

test.each([
  ["", true],
  ["front", true],
  ["backend", false],
  ["101", true],
  ["10.0.0", true],
  ["node:pve1 cpu>80 tag:prod type:lxc web", true],
  ["node:pve", false],
  ["type:vm", false],
  ["-type:vm", true],
  ["cpu>90", false],
  ["cpu=85", true],
  ["temp>1", false],
  ["temp<1", false],
  ["uptime>1d in>2M", true],
  ["is:running os:deb", true],
  ["-tag:edge", false],
  ["source:lab kind:lxc", true],
  ["source:proxmox", true],
  ["source:shop", false],
])("%s finds the sample: %s", (query, want) => {
  expect(matchesSearch(parseSearch(query), guest())).toBe(want);
});
