import { type Caller, getJson, RequestError, requestJson } from "./http";
import { asObject, asText, asTexts, isObject } from "./json";
import type { JsonObject } from "./types";

const path = "/api/security/oidc";

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
export const listFields = ["scopes", "allowedGroups", "allowedDomains", "allowedEmails"] as const;

export type TextFieldName = (typeof textFields)[number];
export type ListFieldName = (typeof listFields)[number];

/** How people sign in at an identity provider. */
export interface SignOn {
  readonly enabled: boolean;
  readonly texts: Readonly<Record<TextFieldName, string>>;
  readonly lists: Readonly<Record<ListFieldName, readonly string[]>>;
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
  const known = new Set<string>(["enabled", ...textFields, ...listFields, ...shownOnly]);
  const overrides = isObject(raw.envOverrides) ? raw.envOverrides : {};
  const texts = Object.fromEntries(textFields.map((name) => [name, asText(raw[name]) ?? ""]));
  const lists = Object.fromEntries(listFields.map((name) => [name, asTexts(raw[name])]));
  return {
    enabled: raw.enabled === true,
    texts: texts as Record<TextFieldName, string>,
    lists: lists as Record<ListFieldName, readonly string[]>,
    clientSecretSet: raw.clientSecretSet === true,
    defaultRedirect: asText(raw.defaultRedirect) ?? "",
    locked: new Set(Object.keys(overrides).filter((name) => overrides[name] === true)),
    further: Object.fromEntries(Object.entries(raw).filter(([name]) => !known.has(name))),
  };
}

export async function fetchSignOn(caller: Caller, signal: AbortSignal): Promise<SignOn> {
  return decodeSignOn(await getJson(path, caller, signal));
}

export interface SignOnChange extends Pick<SignOn, "enabled" | "texts" | "lists" | "further"> {
  /** Undefined keeps the secret; empty removes it. */
  readonly clientSecret: string | undefined;
}

/** Resolves to what the hub made of it. */
export async function saveSignOn(change: SignOnChange, caller: Caller): Promise<SignOn> {
  const secret =
    change.clientSecret === ""
      ? { clearClientSecret: true }
      : change.clientSecret === undefined
        ? {}
        : { clientSecret: change.clientSecret };
  const body = { ...change.further, enabled: change.enabled, ...change.texts, ...change.lists, ...secret };
  return decodeSignOn(await requestJson(path, caller, { method: "PUT", body }));
}

/** Has the hub ask the provider; resolves to where browsers are sent to sign in. */
export async function tryProvider(caller: Caller): Promise<string> {
  const answer = await requestJson("/api/oidc/login", caller, {
    method: "POST",
    body: { returnTo: "/settings/sign-on" },
    timeoutMs: 20_000,
  });
  const url = asText(asObject(answer).authorizationUrl);
  if (!url || !/^https?:\/\//.test(url)) throw new RequestError("refused", 200);
  return url;
}
