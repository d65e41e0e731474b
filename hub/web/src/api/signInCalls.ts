import { anybody, type Caller, getJson, RequestError, refusalNumber, requestJson } from "./http";
import { asList, asNumber, asObject, asText, asTexts, isObject } from "./json";
import type { JsonObject } from "./types";

/** How the hub is protected, as strangers may know; people who are signed in see their name. */
export interface SecurityStatus {
  /** False: nobody has set the hub up yet. */
  readonly hasAuthentication: boolean;
  readonly apiTokenConfigured: boolean;
  readonly hasProxyAuth: boolean;
  readonly proxyAuthLogoutUrl: string | undefined;
  readonly hideLocalLogin: boolean;
  readonly oidcEnabled: boolean;
  readonly oidcLogoutUrl: string | undefined;
  /** The name of a session that an identity provider vouches for. */
  readonly oidcUsername: string | undefined;
  /** Whoever is signed in; undefined for strangers and tokens. */
  readonly username: string | undefined;
  /** What the role of whoever is calling allows, as resource:action; undefined for strangers. */
  readonly permissions: readonly string[] | undefined;
  /** Where the token of the first run is kept, on the machine of the hub. */
  readonly bootstrapTokenPath: string | undefined;
  readonly isDocker: boolean;
  readonly inContainer: boolean;
  readonly lxcCtid: string | undefined;
  readonly dockerContainerName: string | undefined;
}

export function decodeSecurityStatus(value: unknown): SecurityStatus {
  const raw = asObject(value);
  return {
    hasAuthentication: raw.hasAuthentication !== false,
    apiTokenConfigured: raw.apiTokenConfigured === true,
    hasProxyAuth: raw.hasProxyAuth === true,
    proxyAuthLogoutUrl: asText(raw.proxyAuthLogoutURL),
    hideLocalLogin: raw.hideLocalLogin === true,
    oidcEnabled: raw.oidcEnabled === true,
    oidcLogoutUrl: asText(raw.oidcLogoutURL),
    oidcUsername: asText(raw.oidcUsername),
    username: asText(raw.authUsername) ?? asText(raw.oidcUsername) ?? asText(raw.proxyAuthUsername),
    permissions: raw.permissions === undefined ? undefined : asTexts(raw.permissions),
    bootstrapTokenPath: asText(raw.bootstrapTokenPath),
    isDocker: raw.isDocker === true,
    inContainer: raw.inContainer === true,
    lxcCtid: asText(raw.lxcCtid),
    dockerContainerName: asText(raw.dockerContainerName),
  };
}

export async function fetchSecurityStatus(caller: Caller = anybody): Promise<SecurityStatus> {
  return decodeSecurityStatus(await getJson("/api/security/status", caller));
}

/** Resolves when the hub lets the caller read monitoring data; rejects with RequestError otherwise. */
export async function checkAccess(caller: Caller): Promise<void> {
  await getJson("/api/state/summary", caller);
}

export interface IdentityProvider {
  readonly id: string;
  readonly label: string;
  /** Where to go to sign in there. */
  readonly url: string;
}

export interface SignInOptions {
  readonly password: boolean;
  readonly passkeys: boolean;
  readonly providers: readonly IdentityProvider[];
}

/** Only addresses of this hub or the web: a link that runs script is none. */
function isSafeAddress(url: string): boolean {
  return (url.startsWith("/") && !url.startsWith("//")) || /^https?:\/\//.test(url);
}

function decodeProvider(value: unknown): readonly IdentityProvider[] {
  const raw = asObject(value);
  const [id, url] = [asText(raw.id), asText(raw.url)];
  if (!id || !url || !isSafeAddress(url)) return [];
  return [{ id, url, label: asText(raw.label) ?? id }];
}

export function decodeSignInOptions(value: unknown): SignInOptions {
  const raw = asObject(value);
  return {
    password: raw.password === true,
    passkeys: raw.passkeys === true,
    providers: asList(raw.providers).flatMap(decodeProvider),
  };
}

export async function fetchSignInOptions(): Promise<SignInOptions> {
  return decodeSignInOptions(await getJson("/api/security/sign-in-options", anybody));
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly rememberMe: boolean;
  /** The second factor, once it was asked for. */
  readonly code?: string;
}

/** What became of an attempt to sign in. */
export type SignInOutcome =
  | { readonly kind: "in" }
  /** The password is right; the code is missing. */
  | { readonly kind: "secondFactor" }
  | { readonly kind: "wrongCode" }
  | { readonly kind: "wrong"; readonly remaining: number | undefined }
  | { readonly kind: "locked"; readonly minutes: number }
  | { readonly kind: "limited"; readonly minutes: number };

const lockMinutes = 15;

export function readSignInRefusal(error: RequestError, withCode: boolean): SignInOutcome | undefined {
  const { body } = error.refusal;
  if (error.kind === "limited")
    return {
      kind: "limited",
      minutes: Math.max(1, Math.ceil((error.refusal.retryAfterMs ?? 60_000) / 60_000)),
    };
  if (body.error === "account_locked")
    return { kind: "locked", minutes: refusalNumber(error, "remainingMinutes") ?? lockMinutes };
  if (error.kind !== "unauthorized") return undefined;
  if (body.locked === true) return { kind: "locked", minutes: lockMinutes };
  if (body.error === "second_factor_required") return { kind: withCode ? "wrongCode" : "secondFactor" };
  if (withCode) return { kind: "wrongCode" };
  return { kind: "wrong", remaining: asNumber(body.remaining) };
}

/** Signs in with a password. Rejects with RequestError when the hub cannot say whether it is right. */
export async function signIn(credentials: Credentials): Promise<SignInOutcome> {
  try {
    await requestJson("/api/login", anybody, { method: "POST", body: credentials, patient: false });
  } catch (error) {
    const outcome =
      error instanceof RequestError ? readSignInRefusal(error, credentials.code !== undefined) : undefined;
    if (outcome) return outcome;
    throw error;
  }
  return { kind: "in" };
}

/** Ends the session of this browser; resolves to where to go on to, when the hub says so. */
export async function signOut(): Promise<string | undefined> {
  const answer = await requestJson("/api/logout", anybody, { method: "POST", body: {} });
  const url = isObject(answer) ? asText(answer.logoutUrl) : undefined;
  return url && isSafeAddress(url) ? url : undefined;
}

/** Rejects with status 401 for a wrong token and 409 when the first run is over. */
export async function checkBootstrapToken(token: string): Promise<void> {
  await requestJson("/api/security/validate-bootstrap-token", anybody, { method: "POST", body: { token } });
}

export interface FirstAccount {
  readonly bootstrapToken: string;
  readonly username: string;
  readonly password: string;
  /** 64 hexadecimal digits. */
  readonly apiToken: string;
}

/** Resolves to false when somebody else has set the hub up in the meantime. */
export async function setUp(account: FirstAccount): Promise<boolean> {
  const { bootstrapToken, ...body } = account;
  const answer = await requestJson("/api/security/quick-setup", anybody, {
    method: "POST",
    headers: { "X-Setup-Token": bootstrapToken },
    body: { ...body, setupToken: bootstrapToken },
    patient: false,
  });
  return asObject(answer).skipped !== true;
}

/** The options of a ceremony with a passkey, as the hub writes them. */
export type CeremonyOptions = JsonObject;

export function readCeremony(answer: unknown): CeremonyOptions {
  return asObject(asObject(answer).options);
}

export async function beginPasskeySignIn(): Promise<CeremonyOptions> {
  return readCeremony(
    await requestJson("/api/security/passkeys/sign-in/begin", anybody, { method: "POST", body: {} }),
  );
}

/** Signs in with what the authenticator answered. */
export async function finishPasskeySignIn(response: object): Promise<void> {
  await requestJson("/api/security/passkeys/sign-in/finish", anybody, { method: "POST", body: { response } });
}
