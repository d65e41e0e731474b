/** Permissions as a table: resources down, actions across. */
export interface Matrix {
  readonly actions: readonly string[];
  readonly rows: readonly { readonly resource: string; readonly actions: ReadonlySet<string> }[];
}

/** The table of every permission there is, in the order of the hub. */
export function matrixOf(permissions: readonly string[]): Matrix {
  const rows = new Map<string, Set<string>>();
  const actions = new Set<string>();
  for (const permission of permissions) {
    const [resource, action] = permission.split(":");
    if (!resource || !action) continue;
    actions.add(action);
    rows.set(resource, (rows.get(resource) ?? new Set()).add(action));
  }
  return {
    actions: [...actions],
    rows: [...rows].map(([resource, own]) => ({ resource, actions: own })),
  };
}
