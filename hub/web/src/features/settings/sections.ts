/** The parts of the settings, each with an address and the permission without which there is nothing to see. */
export const sections = [
  { key: "account", path: "/settings", needs: undefined },
  { key: "users", path: "/settings/users", needs: "users:read" },
  { key: "tokens", path: "/settings/tokens", needs: "tokens:read" },
  { key: "commands", path: "/settings/commands", needs: "commands:run" },
  { key: "signOn", path: "/settings/sign-on", needs: "settings:write" },
  { key: "licence", path: "/settings/licence", needs: "settings:read" },
  { key: "transfer", path: "/settings/transfer", needs: "settings:write" },
  { key: "audit", path: "/settings/audit", needs: "audit:read" },
] as const;

export type Section = (typeof sections)[number];

/** Whether permissions, each written resource:action, allow one; `*` stands for all of either half. */
export function allows(permissions: readonly string[], wanted: string): boolean {
  const [resource, action] = wanted.split(":");
  return permissions.some((permission) => {
    const [own, may] = permission.split(":");
    return (own === "*" || own === resource) && (may === "*" || may === action);
  });
}

/** The parts that somebody sees; all of them while it is not known what they may do. */
export function sectionsFor(permissions: readonly string[] | undefined): readonly Section[] {
  return sections.filter((section) => !permissions || !section.needs || allows(permissions, section.needs));
}
