import { expect, test } from "vitest";
import { columnsThatFit } from "./columnsThatFit";

const columns = [
  { key: "name", width: 100 },
  { key: "read", width: 50, minor: true },
  { key: "write", width: 50, minor: true },
  { key: "tags", width: 100 },
];

test.each([
  { name: "all of them", room: 300, sortedBy: "name", want: ["name", "read", "write", "tags"] },
  {
    name: "only what matters most where there is less room",
    room: 299,
    sortedBy: "name",
    want: ["name", "tags"],
  },
  { name: "the one sorted by", room: 250, sortedBy: "write", want: ["name", "write", "tags"] },
])("keeps $name", ({ room, sortedBy, want }) => {
  expect(columnsThatFit(columns, room, sortedBy).map((column) => column.key)).toEqual(want);
});
