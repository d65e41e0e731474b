import { expect, test } from "vitest";
import { decodeResource, decodeSource } from "../../api/decode";
import type { JsonObject, Resource } from "../../api/types";
import { countUp, orderSources, sourceOf } from "./sources";

function service(more: JsonObject): Resource {
  const resource = decodeResource({ id: "x", type: "service", platformId: "Shop", ...more });
  if (!resource) throw new Error("the sample does not decode");
  return resource;
}

test("two sources of one name stay apart", () => {
  expect([service({ source: "tcp-1" }), service({ source: "tcp-2" }), service({})].map(sourceOf)).toEqual([
    "tcp-1",
    "tcp-2",
    "Shop",
  ]);
});

test("orders sources by name, as people count", () => {
  const sources = [
    { id: "a", name: "probe 10" },
    { id: "c", name: "probe 2" },
    { id: "b", name: "probe 2" },
  ].flatMap((raw) => decodeSource(raw) ?? []);
  expect(orderSources(sources)).toEqual(["b", "c", "a"]);
});

test("what is stale, degraded or unknown is not counted as up", () => {
  const resources = ["online", "running", "degraded", "offline", "strange"].map((status) =>
    service({ status }),
  );
  expect(countUp([...resources, service({ status: "online", stale: true })])).toEqual({ count: 2, total: 6 });
});
