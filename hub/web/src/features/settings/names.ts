import { useSettingsTexts } from "../../i18n/settings/texts";

const resources = [
  "monitoring",
  "alerts",
  "notifications",
  "nodes",
  "plugins",
  "hosts",
  "docker",
  "kubernetes",
  "commands",
  "settings",
  "users",
  "tokens",
  "audit",
] as const;
const actions = ["read", "write", "report", "manage", "run"] as const;

/** Names resources and actions of permissions; those that a newer hub adds keep their own names. */
export function usePermissionNames(): {
  readonly resource: (key: string) => string;
  readonly action: (key: string) => string;
} {
  const t = useSettingsTexts();
  return {
    resource(key) {
      const known = resources.find((item) => item === key);
      return known ? t(`resource.${known}`) : key;
    },
    action(key) {
      const known = actions.find((item) => item === key);
      return known ? t(`action.${known}`) : key;
    },
  };
}
