import { type Caller, getJson, requestJson } from "./http";
import { asObject, asText, asTexts } from "./json";
import { decodeMapping, encodeMapping, mappingMembers, type RoleMapping } from "./roleMapping";
import { type AccessListName, accessLists } from "./signOnCalls";
import type { JsonObject } from "./types";

const path = "/api/security/saml";

export const samlTexts = [
  "label",
  "idpMetadata",
  "entityId",
  "usernameAttribute",
  "emailAttribute",
  "groupsAttribute",
] as const;
export type SamlTextName = (typeof samlTexts)[number];

/** The hub takes no longer description of a provider, in bytes. */
export const maxMetadata = 512 << 10;

/** How people sign in at a SAML provider. */
export interface Saml {
  readonly enabled: boolean;
  readonly texts: Readonly<Record<SamlTextName, string>>;
  readonly lists: Readonly<Record<AccessListName, readonly string[]>>;
  readonly mapping: RoleMapping;
  /** Where the provider reads about the hub. */
  readonly metadataUrl: string;
  /** Where the provider has browsers post its answers. */
  readonly acsUrl: string;
  /** What the hub knows besides; it goes back unchanged, because a change replaces everything. */
  readonly further: JsonObject;
}

export function decodeSaml(value: unknown): Saml {
  const raw = asObject(value);
  const known = new Set<string>([
    "enabled",
    ...samlTexts,
    ...accessLists,
    ...mappingMembers,
    "metadataUrl",
    "acsUrl",
  ]);
  const texts = Object.fromEntries(samlTexts.map((name) => [name, asText(raw[name]) ?? ""]));
  const lists = Object.fromEntries(accessLists.map((name) => [name, asTexts(raw[name])]));
  return {
    enabled: raw.enabled === true,
    texts: texts as Record<SamlTextName, string>,
    lists: lists as Record<AccessListName, readonly string[]>,
    mapping: decodeMapping(raw),
    metadataUrl: asText(raw.metadataUrl) ?? "",
    acsUrl: asText(raw.acsUrl) ?? "",
    further: Object.fromEntries(Object.entries(raw).filter(([name]) => !known.has(name))),
  };
}

export async function fetchSaml(caller: Caller, signal: AbortSignal): Promise<Saml> {
  return decodeSaml(await getJson(path, caller, signal));
}

export type SamlChange = Omit<Saml, "metadataUrl" | "acsUrl">;

/** Resolves to what the hub made of it. */
export async function saveSaml(change: SamlChange, caller: Caller): Promise<Saml> {
  const body = {
    ...change.further,
    enabled: change.enabled,
    ...change.texts,
    ...change.lists,
    ...encodeMapping(change.mapping),
  };
  return decodeSaml(await requestJson(path, caller, { method: "PUT", body }));
}

/** Where a browser goes to sign in at the provider and come back. */
export function samlLogin(returnTo: string): string {
  return `/api/saml/login?returnTo=${encodeURIComponent(returnTo)}`;
}
