/** What tokens can allow, in groups, with the key of the text that says what each means. */
export const scopeGroups = [
  {
    key: "monitoring",
    scopes: [
      { scope: "monitoring:read", text: "monitoringRead" },
      { scope: "monitoring:write", text: "monitoringWrite" },
    ],
  },
  {
    key: "agents",
    scopes: [
      { scope: "host-agent:report", text: "hostReport" },
      { scope: "host-agent:manage", text: "hostManage" },
      { scope: "docker:report", text: "dockerReport" },
      { scope: "docker:manage", text: "dockerManage" },
      { scope: "kubernetes:report", text: "kubernetesReport" },
      { scope: "kubernetes:manage", text: "kubernetesManage" },
    ],
  },
  {
    key: "administration",
    scopes: [
      { scope: "settings:read", text: "settingsRead" },
      { scope: "settings:write", text: "settingsWrite" },
      { scope: "commands:run", text: "commandsRun" },
    ],
  },
] as const;

/** How long tokens can be made for, in days; undefined: for ever. */
export const lifetimes = [undefined, 7, 30, 90, 365] as const;

const dayMs = 86_400_000;

/** When a token made now is void, as the hub wants it; undefined: never. */
export function expiryOf(days: number | undefined, now: number): string | undefined {
  return days === undefined ? undefined : new Date(now + days * dayMs).toISOString();
}
