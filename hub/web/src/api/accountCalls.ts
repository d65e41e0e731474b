import { type Caller, getJson, RequestError, requestJson } from "./http";
import { asList, asMoment, asObject, asText, asTexts } from "./json";
import { type CeremonyOptions, readCeremony } from "./signInCalls";
import { decodeUser, type User } from "./userCalls";

const root = "/api/security";

function readAccount(answer: unknown): User {
  const [user] = decodeUser(answer);
  if (!user) throw new RequestError("refused", 200);
  return user;
}

/** The caller's own account; rejects with status 404 when the caller is no user. */
export async function fetchAccount(caller: Caller, signal: AbortSignal): Promise<User> {
  return readAccount(await getJson(`${root}/account`, caller, signal));
}

/** The members that change. */
export interface AccountChange {
  readonly displayName?: string;
  readonly email?: string;
}

/** Resolves to what the hub made of it. */
export async function changeAccount(change: AccountChange, caller: Caller): Promise<User> {
  return readAccount(await requestJson(`${root}/account`, caller, { method: "PATCH", body: change }));
}

/** Ends every session of the caller, this one too. */
export async function changePassword(current: string, next: string, caller: Caller): Promise<void> {
  // A wrong password answers 401 and says nothing about the session.
  const quiet: Caller = { token: caller.token };
  await requestJson(`${root}/change-password`, quiet, {
    method: "POST",
    body: { currentPassword: current, newPassword: next },
  });
}

/** A second factor that is being set up. */
export interface SecondFactorSetup {
  /** For typing, in base32. */
  readonly secret: string;
  /** For a QR code. */
  readonly url: string;
}

export async function beginSecondFactor(caller: Caller): Promise<SecondFactorSetup> {
  const raw = asObject(await requestJson(`${root}/totp/begin`, caller, { method: "POST", body: {} }));
  const [secret, url] = [asText(raw.secret), asText(raw.url)];
  if (!secret || !url) throw new RequestError("refused", 200);
  return { secret, url };
}

/** Resolves to the recovery codes, which are shown this once. */
export async function confirmSecondFactor(code: string, caller: Caller): Promise<readonly string[]> {
  const answer = await requestJson(`${root}/totp/confirm`, caller, { method: "POST", body: { code } });
  return asTexts(asObject(answer).recoveryCodes);
}

export async function disableSecondFactor(password: string, caller: Caller): Promise<void> {
  const quiet: Caller = { token: caller.token };
  await requestJson(`${root}/totp/disable`, quiet, { method: "POST", body: { password } });
}

/** Replaces the recovery codes; resolves to the new ones, which are shown this once. */
export async function renewRecoveryCodes(password: string, caller: Caller): Promise<readonly string[]> {
  const quiet: Caller = { token: caller.token };
  const answer = await requestJson(`${root}/totp/recovery-codes`, quiet, {
    method: "POST",
    body: { password },
  });
  return asTexts(asObject(answer).recoveryCodes);
}

export interface Passkey {
  readonly id: string;
  readonly name: string;
  /** Times are in Unix milliseconds. */
  readonly created: number | undefined;
  readonly lastUsed: number | undefined;
  /** A service shares it between devices. */
  readonly synced: boolean;
}

export function decodePasskeys(value: unknown): readonly Passkey[] {
  return asList(asObject(value).passkeys).flatMap((item) => {
    const raw = asObject(item);
    const id = asText(raw.id);
    if (!id) return [];
    return [
      {
        id,
        name: asText(raw.name) ?? id,
        created: asMoment(raw.createdAt),
        lastUsed: asMoment(raw.lastUsedAt),
        synced: raw.synced === true,
      },
    ];
  });
}

export async function fetchPasskeys(caller: Caller, signal: AbortSignal): Promise<readonly Passkey[]> {
  return decodePasskeys(await getJson(`${root}/passkeys`, caller, signal));
}

export async function beginPasskey(caller: Caller): Promise<CeremonyOptions> {
  return readCeremony(await requestJson(`${root}/passkeys/begin`, caller, { method: "POST", body: {} }));
}

export async function finishPasskey(name: string, response: object, caller: Caller): Promise<void> {
  await requestJson(`${root}/passkeys/finish`, caller, { method: "POST", body: { name, response } });
}

export async function removePasskey(id: string, caller: Caller): Promise<void> {
  await requestJson(`${root}/passkeys/${encodeURIComponent(id)}`, caller, { method: "DELETE" });
}

/** A browser that is signed in. */
export interface BrowserSession {
  readonly id: string;
  readonly user: string;
  /** What vouches for it besides the hub; undefined: a password. */
  readonly provider: string | undefined;
  readonly created: number | undefined;
  readonly seen: number | undefined;
  readonly expires: number | undefined;
  readonly address: string;
  readonly userAgent: string;
  /** It is this one. */
  readonly current: boolean;
}

export function decodeSessions(value: unknown): readonly BrowserSession[] {
  return asList(asObject(value).sessions).flatMap((item) => {
    const raw = asObject(item);
    const id = asText(raw.id);
    if (!id) return [];
    return [
      {
        id,
        user: asText(raw.user) ?? "",
        provider: asText(raw.provider),
        created: asMoment(raw.created),
        seen: asMoment(raw.seen),
        expires: asMoment(raw.expires),
        address: asText(raw.address) ?? "",
        userAgent: asText(raw.userAgent) ?? "",
        current: raw.current === true,
      },
    ];
  });
}

/** The caller's own, or everybody's. */
export async function fetchSessions(
  all: boolean,
  caller: Caller,
  signal: AbortSignal,
): Promise<readonly BrowserSession[]> {
  return decodeSessions(await getJson(`${root}/sessions${all ? "?all=true" : ""}`, caller, signal));
}

export async function endSession(id: string, caller: Caller): Promise<void> {
  await requestJson(`${root}/sessions/${encodeURIComponent(id)}`, caller, { method: "DELETE" });
}
