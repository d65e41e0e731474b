import { expect, test } from "vitest";
import { decodeResource } from "../api/decode";
import type { Resource } from "../api/types";
import { parseSearch } from "../search/parse";
import { orderIds, parseSort, writeSort } from "./order";

function host(id: string, cpu?: number): Resource {
  const resource = decodeResource({
    id,
    type: "host",
    name: id,
    ...(cpu === undefined ? {} : { cpu: { current: cpu } }),
  });
  if (!resource) throw new Error("the sample does not decode");
  return resource;
}

const resources = [host("web10", 5), host("web2", 90), host("db1"), host("web1", 5)];
const byCpu = (resource: Resource) => resource.cpu?.current;
const byName = (resource: Resource) => resource.name;

test.each([
  {
    name: "numbers upward, unknown last",
    read: byCpu,
    descending: false,
    want: ["web1", "web10", "web2", "db1"],
  },
  {
    name: "numbers downward, unknown still last",
    read: byCpu,
    descending: true,
    want: ["web2", "web1", "web10", "db1"],
  },
  { name: "names as people count", read: byName, descending: false, want: ["db1", "web1", "web2", "web10"] },
])("orders $name", ({ read, descending, want }) => {
  expect(orderIds({ resources, terms: [], read, descending })).toEqual(want);
});

test("keeps what matches", () => {
  const terms = parseSearch("web cpu<50");
  expect(orderIds({ resources, terms, read: byName, descending: false })).toEqual(["web1", "web10"]);
});

test("a sort survives the address bar and nonsense in it", () => {
  const fallback = { key: "name", descending: false };
  const known = (key: string) => key === "cpu";
  expect(parseSort(writeSort({ key: "cpu", descending: true }), known, fallback)).toEqual({
    key: "cpu",
    descending: true,
  });
  expect(parseSort("-nonsense", known, fallback)).toBe(fallback);
  expect(parseSort(undefined, known, fallback)).toBe(fallback);
});
