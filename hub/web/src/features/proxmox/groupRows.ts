import type { TableRow } from "../../ui/DataTable";

/**
 * Puts guests under their node, nodes in the order given; guests whose node
 * is not among them come last, under the id of the node they name.
 */
export function groupRows(
  guestIds: readonly string[],
  nodeIds: readonly string[],
  nodeOf: (guestId: string) => string,
): readonly TableRow[] {
  const groups = new Map<string, string[]>(nodeIds.map((id) => [id, []]));
  for (const id of guestIds) {
    const node = nodeOf(id);
    const group = groups.get(node);
    if (group) group.push(id);
    else groups.set(node, [id]);
  }
  return [...groups].flatMap(([node, ids]): readonly TableRow[] =>
    ids.length === 0
      ? []
      : [{ kind: "group", id: node }, ...ids.map((id) => ({ kind: "item", id }) as const)],
  );
}
