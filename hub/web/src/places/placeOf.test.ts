import { expect, test } from "vitest";
import { placeAt, placeOf } from "./placeOf";

test.each([
  ["host", "/hosts?id=a%2Fb%20c"],
  ["node", "/proxmox?id=a%2Fb%20c"],
  ["oci-container", "/proxmox?id=a%2Fb%20c"],
  ["storage", "/proxmox?id=a%2Fb%20c"],
  ["docker-container", "/services?id=a%2Fb%20c"],
  ["service", "/services?id=a%2Fb%20c"],
  ["../hosts", "/services?id=a%2Fb%20c"],
])("%s is shown at %s", (type, want) => {
  expect(placeOf({ id: "a/b c", type })).toBe(want);
});

test.each([
  ["/", "overview"],
  ["/settings", "settings"],
  ["/settings/audit", "settings"],
  ["/settingsx", undefined],
  ["/nowhere", undefined],
])("%s is in %s", (path, want) => {
  expect(placeAt(path)?.key).toBe(want);
});
