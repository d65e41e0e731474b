import { type Caller, getJson, requestJson } from "./http";
import { asMoment, asNumber, asObject, asText, asTexts } from "./json";

export interface Licence {
  readonly valid: boolean;
  readonly tier: string;
  readonly email: string | undefined;
  /** Times are in Unix milliseconds. */
  readonly expires: number | undefined;
  readonly lifetime: boolean;
  readonly daysRemaining: number;
  readonly features: readonly string[];
  /** When features end that go on although the licence has run out; undefined: it has not. */
  readonly graceEnds: number | undefined;
}

export function decodeLicence(value: unknown): Licence {
  const raw = asObject(value);
  return {
    valid: raw.valid === true,
    tier: asText(raw.tier) ?? "free",
    email: asText(raw.email),
    expires: asMoment(raw.expires_at),
    lifetime: raw.is_lifetime === true,
    daysRemaining: asNumber(raw.days_remaining) ?? 0,
    features: asTexts(raw.features).toSorted(),
    graceEnds: raw.in_grace_period === true ? asMoment(raw.grace_period_end) : undefined,
  };
}

export async function fetchLicence(caller: Caller, signal: AbortSignal): Promise<Licence> {
  return decodeLicence(await getJson("/api/license/status", caller, signal));
}

export async function activateLicence(key: string, caller: Caller): Promise<void> {
  await requestJson("/api/license/activate", caller, { method: "POST", body: { license_key: key } });
}

export async function clearLicence(caller: Caller): Promise<void> {
  await requestJson("/api/license/clear", caller, { method: "POST", body: {} });
}
