import { type Caller, getJson, RequestError, requestJson } from "./http";
import { asList, asObject, asText, asTexts, isObject } from "./json";
import { decodeMapping, encodeMapping, mappingMembers, type RoleMapping } from "./roleMapping";
import type { JsonObject } from "./types";

const path = "/api/security/oidc";
const providersPath = `${path}/providers`;

/** The provider that is always there, and that the environment can set up. */
export const defaultProvider = "default";

export const textFields = [
  "issuerUrl",
  "clientId",
  "label",
  "redirectUrl",
  "logoutUrl",
  "usernameClaim",
  "emailClaim",
  "groupsClaim",
  "caBundle",
] as const;
/** The lists that say who may sign in. */
export const accessLists = ["allowedGroups", "allowedDomains", "allowedEmails"] as const;
export const listFields = ["scopes", ...accessLists] as const;

export type TextFieldName = (typeof textFields)[number];
export type AccessListName = (typeof accessLists)[number];
export type ListFieldName = (typeof listFields)[number];

/** How people sign in at an OpenID Connect provider. */
export interface SignOn {
  readonly id: string;
  readonly enabled: boolean;
  readonly texts: Readonly<Record<TextFieldName, string>>;
  readonly lists: Readonly<Record<ListFieldName, readonly string[]>>;
  readonly mapping: RoleMapping;
  readonly clientSecretSet: boolean;
  /** Where the provider sends browsers back to, unless it is set otherwise. */
  readonly defaultRedirect: string;
  /** Fields that the environment of the hub has set; with any, none can be changed here. */
  readonly locked: ReadonlySet<string>;
  /** What the hub knows besides; it goes back unchanged, because a change replaces everything. */
  readonly further: JsonObject;
}

const shownOnly = ["id", "clientSecretSet", "defaultRedirect", "envOverrides"];

export function decodeSignOn(value: unknown): SignOn {
  const raw = asObject(value);
  const known = new Set<string>(["enabled", ...textFields, ...listFields, ...mappingMembers, ...shownOnly]);
  const overrides = isObject(raw.envOverrides) ? raw.envOverrides : {};
  const texts = Object.fromEntries(textFields.map((name) => [name, asText(raw[name]) ?? ""]));
  const lists = Object.fromEntries(listFields.map((name) => [name, asTexts(raw[name])]));
  return {
    id: asText(raw.id) ?? defaultProvider,
    enabled: raw.enabled === true,
    texts: texts as Record<TextFieldName, string>,
    lists: lists as Record<ListFieldName, readonly string[]>,
    mapping: decodeMapping(raw),
    clientSecretSet: raw.clientSecretSet === true,
    defaultRedirect: asText(raw.defaultRedirect) ?? "",
    locked: new Set(Object.keys(overrides).filter((name) => overrides[name] === true)),
    further: Object.fromEntries(Object.entries(raw).filter(([name]) => !known.has(name))),
  };
}

export function decodeProviders(value: unknown): readonly SignOn[] {
  return asList(asObject(value).providers).filter(isObject).map(decodeSignOn);
}

/** All of them, the default one first. */
export async function fetchProviders(caller: Caller, signal: AbortSignal): Promise<readonly SignOn[]> {
  return decodeProviders(await getJson(providersPath, caller, signal));
}

export interface SignOnChange
  extends Pick<SignOn, "id" | "enabled" | "texts" | "lists" | "mapping" | "further"> {
  /** Undefined keeps the secret; empty removes it. */
  readonly clientSecret: string | undefined;
}

function secretOf(change: SignOnChange): JsonObject {
  if (change.clientSecret === undefined) return {};
  return change.clientSecret === "" ? { clearClientSecret: true } : { clientSecret: change.clientSecret };
}

const providerPath = (id: string) => `${providersPath}/${encodeURIComponent(id)}`;

/** Changes a provider, or adds one. Resolves to what the hub made of it. */
export async function saveSignOn(change: SignOnChange, caller: Caller): Promise<SignOn> {
  const body = {
    ...change.further,
    enabled: change.enabled,
    ...change.texts,
    ...change.lists,
    ...encodeMapping(change.mapping),
    ...secretOf(change),
  };
  return decodeSignOn(await requestJson(providerPath(change.id), caller, { method: "PUT", body }));
}

export async function removeProvider(id: string, caller: Caller): Promise<void> {
  await requestJson(providerPath(id), caller, { method: "DELETE" });
}

/** Has the hub ask a provider; resolves to where browsers are sent to sign in. */
export async function tryProvider(provider: string, returnTo: string, caller: Caller): Promise<string> {
  const answer = await requestJson("/api/oidc/login", caller, {
    method: "POST",
    body: { returnTo, provider },
    timeoutMs: 20_000,
  });
  const url = asText(asObject(answer).authorizationUrl);
  if (!url || !/^https?:\/\//.test(url)) throw new RequestError("refused", 200);
  return url;
}
