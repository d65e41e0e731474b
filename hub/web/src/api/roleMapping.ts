import { asList, asObject, asText } from "./json";
import type { JsonObject } from "./types";

/** Gives a role to the members of a group. */
export interface RoleRule {
  readonly group: string;
  readonly role: string;
}

/** Which role people have who signed in at a provider. */
export interface RoleMapping {
  readonly rules: readonly RoleRule[];
  /** Of people whom no rule matches; empty: they are refused. */
  readonly defaultRole: string;
}

/** The members of a provider's settings that hold the mapping. */
export const mappingMembers = ["roleMapping", "defaultRole"] as const;

export function decodeMapping(raw: JsonObject): RoleMapping {
  const rules = asList(raw.roleMapping).map((item) => {
    const rule = asObject(item);
    return { group: asText(rule.group) ?? "", role: asText(rule.role) ?? "" };
  });
  return { rules, defaultRole: asText(raw.defaultRole) ?? "" };
}

export function encodeMapping(mapping: RoleMapping): JsonObject {
  return {
    roleMapping: mapping.rules.map((rule) => ({ group: rule.group.trim(), role: rule.role })),
    defaultRole: mapping.defaultRole,
  };
}

/** Where nothing is mapped at all, everybody who may sign in is an administrator. */
export function makesEverybodyAdmin(mapping: RoleMapping): boolean {
  return mapping.rules.length === 0 && mapping.defaultRole === "";
}
