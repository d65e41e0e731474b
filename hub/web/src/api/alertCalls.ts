import type { AlertLevel, Explanation, PastAlert, Telling } from "./alertTypes";
import { decodeAlertHistory, decodeBulkFailures, decodeExplanation, decodeTelling } from "./decodeAlerts";
import { type Caller, getJson, postJson, RequestError } from "./http";

const root = "/api/alerts";

export type AlertOrder = "acknowledge" | "unacknowledge" | "clear";

export async function orderAlert(order: AlertOrder, id: string, caller: Caller): Promise<void> {
  await postJson(`${root}/${order}`, { id }, caller);
}

/** Resolves to those that it was not done for, with what the hub says of each. */
export async function orderAlerts(
  order: "acknowledge" | "clear",
  ids: readonly string[],
  caller: Caller,
): Promise<ReadonlyMap<string, string>> {
  return decodeBulkFailures(await postJson(`${root}/bulk/${order}`, { alertIds: ids }, caller));
}

/** Rejects with status 404 for an alert that the hub knows nothing of. */
export async function fetchExplanation(
  id: string,
  caller: Caller,
  signal: AbortSignal,
): Promise<Explanation> {
  const found = decodeExplanation(await getJson(`${root}/${encodeURIComponent(id)}/explain`, caller, signal));
  if (!found) throw new RequestError("refused", 200);
  return found;
}

export interface AlertHistoryRequest {
  /** Those that began at this time or later, in Unix milliseconds; absent: all. */
  readonly from?: number;
  readonly level?: AlertLevel;
  readonly offset: number;
  readonly limit: number;
}

/** The newest first. */
export async function fetchAlertHistory(
  request: AlertHistoryRequest,
  caller: Caller,
  signal: AbortSignal,
): Promise<readonly PastAlert[]> {
  const query = new URLSearchParams({ offset: String(request.offset), limit: String(request.limit) });
  if (request.from !== undefined) query.set("startTime", new Date(request.from).toISOString());
  if (request.level) query.set("severity", request.level);
  return decodeAlertHistory(await getJson(`${root}/history?${query}`, caller, signal));
}

export async function fetchTelling(caller: Caller, signal: AbortSignal): Promise<Telling> {
  return decodeTelling(await getJson(`${root}/config`, caller, signal));
}

/** Begins to tell people of alerts. */
export async function activateAlerts(caller: Caller): Promise<void> {
  await postJson(`${root}/activate`, {}, caller);
}
