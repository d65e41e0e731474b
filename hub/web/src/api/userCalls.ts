import { type Caller, getJson, requestJson } from "./http";
import { asList, asMoment, asNumber, asObject, asText, asTexts } from "./json";

/** Somebody who may sign in. */
export interface User {
  readonly name: string;
  readonly displayName: string;
  readonly email: string;
  readonly role: string;
  /** `local`, `environment`, `proxy`, or `oidc:` or `saml:` and the id of a provider. */
  readonly origin: string;
  readonly disabled: boolean;
  readonly hasPassword: boolean;
  readonly secondFactor: boolean;
  readonly recoveryCodes: number;
  readonly passkeys: number;
  /** Unix milliseconds; undefined: never. */
  readonly lastSignIn: number | undefined;
}

export type UserOrigin = "local" | "environment" | "proxy" | "signOn";

/** What kind of place somebody comes from, whichever provider it is. */
export function originKind(user: Pick<User, "origin">): UserOrigin {
  const [kind] = user.origin.split(":");
  if (kind === "oidc" || kind === "saml") return "signOn";
  return kind === "environment" || kind === "proxy" ? kind : "local";
}

/** Whether this hub itself knows a password and further factors of theirs. */
export function isKeptHere(user: Pick<User, "origin">): boolean {
  return ["local", "environment"].includes(originKind(user));
}

/** One user, or none where there is no name. */
export function decodeUser(value: unknown): readonly User[] {
  const raw = asObject(value);
  const name = asText(raw.name);
  if (!name) return [];
  return [
    {
      name,
      displayName: asText(raw.displayName) ?? "",
      email: asText(raw.email) ?? "",
      role: asText(raw.role) ?? "",
      origin: asText(raw.origin) ?? "local",
      disabled: raw.disabled === true,
      hasPassword: raw.hasPassword === true,
      secondFactor: raw.secondFactor === true,
      recoveryCodes: asNumber(raw.recoveryCodes) ?? 0,
      passkeys: asNumber(raw.passkeys) ?? 0,
      lastSignIn: asMoment(raw.lastSignInAt),
    },
  ];
}

export function decodeUsers(value: unknown): readonly User[] {
  return asList(asObject(value).users).flatMap(decodeUser);
}

const usersPath = "/api/users";
const userPath = (name: string) => `${usersPath}/${encodeURIComponent(name)}`;

export async function fetchUsers(caller: Caller, signal: AbortSignal): Promise<readonly User[]> {
  return decodeUsers(await getJson(usersPath, caller, signal));
}

export interface UserDraft {
  readonly name: string;
  readonly password: string;
  readonly role: string;
  readonly displayName: string;
}

export async function createUser(draft: UserDraft, caller: Caller): Promise<void> {
  await requestJson(usersPath, caller, { method: "POST", body: draft });
}

/** The members that change. */
export interface UserChange {
  readonly role?: string;
  readonly displayName?: string;
  readonly disabled?: boolean;
}

export async function changeUser(name: string, change: UserChange, caller: Caller): Promise<void> {
  await requestJson(userPath(name), caller, { method: "PATCH", body: change });
}

export async function removeUser(name: string, caller: Caller): Promise<void> {
  await requestJson(userPath(name), caller, { method: "DELETE" });
}

export async function setUserPassword(name: string, password: string, caller: Caller): Promise<void> {
  await requestJson(`${userPath(name)}/password`, caller, { method: "POST", body: { password } });
}

/** A named set of permissions, each written resource:action; either may be *. */
export interface Role {
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly string[];
  readonly builtIn: boolean;
}

export interface RoleList {
  readonly roles: readonly Role[];
  /** Every permission there is. */
  readonly permissions: readonly string[];
}

export function decodeRoles(value: unknown): RoleList {
  const raw = asObject(value);
  const roles = asList(raw.roles).flatMap((item) => {
    const role = asObject(item);
    const name = asText(role.name);
    if (!name) return [];
    return [
      {
        name,
        description: asText(role.description) ?? "",
        permissions: asTexts(role.permissions),
        builtIn: role.builtIn === true,
      },
    ];
  });
  return { roles, permissions: asTexts(raw.permissions) };
}

const rolePath = (name: string) => `/api/roles/${encodeURIComponent(name)}`;

export async function fetchRoles(caller: Caller, signal: AbortSignal): Promise<RoleList> {
  return decodeRoles(await getJson("/api/roles", caller, signal));
}

export async function putRole(role: Omit<Role, "builtIn">, caller: Caller): Promise<void> {
  const { name, ...body } = role;
  await requestJson(rolePath(name), caller, { method: "PUT", body });
}

export async function removeRole(name: string, caller: Caller): Promise<void> {
  await requestJson(rolePath(name), caller, { method: "DELETE" });
}
