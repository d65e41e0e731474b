import { decodeForecast, decodeHistory, decodeSecurityStatus } from "./decode";
import type { Forecast, History, HistoryRange, SecurityStatus } from "./types";

/** How long a request may take before it counts as failed. */
const timeoutMs = 15_000;

export type RequestFailure = "unauthorized" | "forbidden" | "unreachable" | "refused";

/** A request that the hub did not answer with 2xx. `kind` says what to do about it. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  constructor(
    readonly kind: RequestFailure,
    readonly status: number,
  ) {
    super(`request ${kind}`);
  }
}

function failureOf(status: number): RequestFailure {
  if (status === 401) return "unauthorized";
  if (status === 403) return "forbidden";
  return "refused";
}

interface Outgoing {
  readonly token: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Makes it a POST. */
  readonly body?: unknown;
}

async function send(path: string, { token, signal, body }: Outgoing): Promise<Response> {
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    return await fetch(path, {
      headers: {
        Accept: "application/json",
        ...(token ? { "X-API-Token": token } : {}),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new RequestError("unreachable", 0);
  }
}

async function readJson(response: Response): Promise<unknown> {
  if (!response.ok) throw new RequestError(failureOf(response.status), response.status);
  try {
    return await response.json();
  } catch {
    throw new RequestError("refused", response.status);
  }
}

/** Reads from the hub; rejects with RequestError when it does not answer with 2xx and JSON. */
export async function getJson(
  path: string,
  token: string | undefined,
  signal?: AbortSignal,
): Promise<unknown> {
  return readJson(await send(path, { token, signal }));
}

/** Changes something on the hub; rejects as getJson does. */
export async function postJson(path: string, body: object, token: string | undefined): Promise<unknown> {
  return readJson(await send(path, { token, body }));
}

export async function fetchSecurityStatus(): Promise<SecurityStatus> {
  return decodeSecurityStatus(await getJson("/api/security/status", undefined));
}

/** Resolves when the hub lets the token read monitoring data; rejects with RequestError otherwise. */
export async function checkAccess(token: string | undefined): Promise<void> {
  await getJson("/api/state/summary", token);
}

export interface HistoryRequest {
  readonly resourceType: string;
  readonly resourceId: string;
  readonly range: HistoryRange;
}

export async function fetchHistory(
  request: HistoryRequest,
  token: string | undefined,
  signal: AbortSignal,
): Promise<History> {
  const query = new URLSearchParams({ ...request });
  return decodeHistory(await getJson(`/api/metrics-store/history?${query}`, token, signal));
}

/** Resolves to null for a resource whose disk is not known. */
export async function fetchForecast(
  resourceId: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<Forecast | null> {
  const query = new URLSearchParams({ resourceId });
  return decodeForecast(await getJson(`/api/forecast?${query}`, token, signal)) ?? null;
}
