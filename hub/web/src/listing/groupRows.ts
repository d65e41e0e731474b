import type { TableRow } from "../ui/tableModel";

/**
 * Puts rows under their group, groups in the order given; rows whose group is
 * not among them come last, under the id of the group they name.
 */
export function groupRows(
  ids: readonly string[],
  groupIds: readonly string[],
  groupOf: (id: string) => string,
): readonly TableRow[] {
  const groups = new Map<string, string[]>(groupIds.map((id) => [id, []]));
  for (const id of ids) {
    const name = groupOf(id);
    const group = groups.get(name);
    if (group) group.push(id);
    else groups.set(name, [id]);
  }
  return [...groups].flatMap(([name, members]): readonly TableRow[] =>
    members.length === 0
      ? []
      : [{ kind: "group", id: name }, ...members.map((id) => ({ kind: "item", id }) as const)],
  );
}
