import { expect, test } from "vitest";
import { matrixOf } from "./roleMatrix";

test("has a row for each resource and a column for each action", () => {
  const matrix = matrixOf(["alerts:read", "alerts:write", "hosts:report", "audit:read", "broken"]);
  expect(matrix.actions).toEqual(["read", "write", "report"]);
  expect(matrix.rows.map((row) => [row.resource, [...row.actions]])).toEqual([
    ["alerts", ["read", "write"]],
    ["hosts", ["report"]],
    ["audit", ["read"]],
  ]);
});
