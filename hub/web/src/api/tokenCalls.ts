import { type Caller, getJson, RequestError, requestJson } from "./http";
import { asList, asMoment, asObject, asText, asTexts } from "./json";

const path = "/api/security/tokens";

/** An API token, without its secret. */
export interface ApiToken {
  readonly id: string;
  readonly name: string;
  /** Its ends, to tell it from others. */
  readonly hint: string;
  readonly scopes: readonly string[];
  /** Who made it and bounds what it may do; undefined: nobody does. */
  readonly owner: string | undefined;
  /** Times are in Unix milliseconds; undefined: never, or not known. */
  readonly created: number | undefined;
  readonly lastUsed: number | undefined;
  readonly expires: number | undefined;
}

function decodeToken(value: unknown): readonly ApiToken[] {
  const raw = asObject(value);
  const id = asText(raw.id);
  if (!id) return [];
  const [prefix, suffix] = [asText(raw.prefix), asText(raw.suffix)];
  const scopes = asTexts(raw.scopes);
  return [
    {
      id,
      name: asText(raw.name) ?? id,
      hint: prefix ? `${prefix}…${suffix ?? ""}` : "",
      // A record without scopes allows everything.
      scopes: scopes.length > 0 ? scopes : ["*"],
      owner: asText(raw.owner),
      created: asMoment(raw.createdAt),
      lastUsed: asMoment(raw.lastUsedAt),
      expires: asMoment(raw.expiresAt),
    },
  ];
}

export function decodeTokens(value: unknown): readonly ApiToken[] {
  return asList(asObject(value).tokens).flatMap(decodeToken);
}

export async function fetchTokens(caller: Caller, signal: AbortSignal): Promise<readonly ApiToken[]> {
  return decodeTokens(await getJson(path, caller, signal));
}

export interface TokenDraft {
  readonly name: string;
  readonly scopes: readonly string[];
  /** RFC 3339; absent: it does not expire. */
  readonly expiresAt?: string;
}

export interface MadeToken {
  /** Shown this once. */
  readonly secret: string;
  readonly record: ApiToken | undefined;
}

export async function createToken(draft: TokenDraft, caller: Caller): Promise<MadeToken> {
  const answer = asObject(await requestJson(path, caller, { method: "POST", body: draft }));
  const secret = asText(answer.token);
  if (!secret) throw new RequestError("refused", 200);
  return { secret, record: decodeToken(answer.record)[0] };
}

export async function revokeToken(id: string, caller: Caller): Promise<void> {
  await requestJson(`${path}/${encodeURIComponent(id)}`, caller, { method: "DELETE" });
}
