import { expect, test } from "vitest";
import { decodeResource } from "../../api/decode";
import type { Resource } from "../../api/types";
import { findActions, findResources } from "./findEntries";

function host(name: string, tags: readonly string[] = []): Resource {
  const resource = decodeResource({ id: name, type: "host", name, tags });
  if (!resource) throw new Error("the sample does not decode");
  return resource;
}

test("puts whole names before beginnings before words before insides", () => {
  const hosts = [host("myweb"), host("a-web"), host("web-2"), host("web-10"), host("web"), host("db")];
  expect(findResources(hosts, " WEB ").map((resource) => resource.name)).toEqual([
    "web",
    "web-2",
    "web-10",
    "a-web",
    "myweb",
  ]);
});

test("finds by tag, and nothing for nothing", () => {
  expect(findResources([host("a", ["prod"]), host("b")], "prod").map((resource) => resource.name)).toEqual([
    "a",
  ]);
  expect(findResources([host("a")], "  ")).toEqual([]);
});

test("actions need every word", () => {
  const action = (title: string) =>
    ({ key: title, kind: "action", title, detail: "", run: () => undefined }) as const;
  const actions = [action("Theme: Dark"), action("Theme: Light")];
  expect(findActions(actions, "dark the").map((item) => item.title)).toEqual(["Theme: Dark"]);
});
