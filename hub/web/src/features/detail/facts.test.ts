import { expect, test } from "vitest";
import { decodeResource } from "../../api/decode";
import type { JsonObject, Resource } from "../../api/types";
import { factsOf, filesystemsOf, interfacesOf, sensorsOf } from "./facts";

function host(platformData: JsonObject): Resource {
  const resource = decodeResource({
    id: "h",
    type: "host",
    name: "h",
    identity: { hostname: "h", ips: ["10.0.0.1"] },
    platformData,
  });
  if (!resource) throw new Error("the sample does not decode");
  return resource;
}

test("states what is known and leaves out what is not", () => {
  const facts = factsOf(
    host({
      osName: "Debian",
      osVersion: "13",
      cpuCount: 8,
      loadAverage: [1, 2, 3],
      ipAddresses: ["10.0.0.1", "10.0.0.2"],
    }),
  );
  expect(Object.fromEntries(facts.map((fact) => [fact.key, fact.value]))).toEqual({
    os: "Debian 13",
    cores: 8,
    load: [1, 2, 3],
    hostname: "h",
    addresses: "10.0.0.1, 10.0.0.2",
    id: "h",
  });
});

test("reads filesystems, interfaces and sensors, and survives nonsense", () => {
  const resource = host({
    disks: [{ mountpoint: "/", type: "ext4", total: 100, used: 25 }, { mountpoint: "/x" }, "nonsense"],
    interfaces: [{ name: "eth0", addresses: ["10.0.0.1/24"], rxBytes: 5 }],
    sensors: {
      temperatureCelsius: { cpu: 55, bad: "hot" },
      fanRpm: { f1: 900 },
      smart: [
        { device: "sda", temperature: 40, health: "PASSED" },
        { device: "sdb", temperature: 0, health: "UNKNOWN" },
        { model: "says nothing" },
      ],
    },
  });
  expect(filesystemsOf(resource).map((item) => [item.mount, item.percent])).toEqual([
    ["/", 25],
    ["/x", undefined],
    ["", undefined],
  ]);
  expect(interfacesOf(resource)).toEqual([{ name: "eth0", mac: "", addresses: ["10.0.0.1/24"], rxBytes: 5 }]);
  expect(sensorsOf(resource)).toEqual([
    { name: "cpu", kind: "celsius", value: 55 },
    { name: "f1", kind: "rpm", value: 900 },
    { name: "sda", kind: "celsius", value: 40, health: "PASSED" },
    { name: "sdb", kind: "celsius", health: "UNKNOWN" },
  ]);
  expect(sensorsOf(host({ sensors: "none" }))).toEqual([]);
});
