import { expect, test } from "vitest";
import { decodeResource } from "../api/decode";
import type { JsonObject, Resource } from "../api/types";
import { readers } from "./readers";
import { measurementTitle, readingsOf } from "./readings";

function service(more: JsonObject): Resource {
  const resource = decodeResource({ id: "tcp/a", type: "service", name: "a", status: "online", ...more });
  if (!resource) throw new Error("the sample does not decode");
  return resource;
}

test("a source's own numbers come first, in its order, and nonsense is left out", () => {
  const resource = service({
    cpu: { current: 25 },
    metrics: {
      zeal: { name: "zeal", value: 1, unit: "furlongs" },
      connect_time: { name: "connect_time", value: 0.25, unit: "seconds" },
      text: { name: "text", value: "7", unit: "none" },
      "fan{id=2}": { name: "fan", labels: { id: "2", side: "" }, value: 900, unit: "rpm" },
      bare: 7,
    },
  });
  expect(readingsOf(resource).map(({ key, unit, value }) => [key, unit, value])).toEqual([
    ["own zeal", "none", 1],
    ["own connect_time", "seconds", 0.25],
    ["own fan{id=2}", "rpm", 900],
    ["cpu", "ratio", 0.25],
  ]);
  expect(resource.measurements.map(measurementTitle)).toEqual(["zeal", "connect time", "fan (2)"]);
  expect(readers.get("readings")?.(resource)).toBe(1);
});

test("without any there is nothing to sort by", () => {
  expect(readers.get("readings")?.(service({}))).toBeUndefined();
  expect(readers.get("readings")?.(service({ cpu: { current: 25 } }))).toBe(25);
});
