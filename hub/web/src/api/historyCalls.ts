import { decodeForecast, decodeHistory } from "./decode";
import { type Caller, getJson } from "./http";
import type { Forecast, History, HistoryRange } from "./types";

export interface HistoryRequest {
  readonly resourceType: string;
  readonly resourceId: string;
  readonly range: HistoryRange;
}

export async function fetchHistory(
  request: HistoryRequest,
  caller: Caller,
  signal: AbortSignal,
): Promise<History> {
  const query = new URLSearchParams({ ...request });
  return decodeHistory(await getJson(`/api/metrics-store/history?${query}`, caller, signal));
}

/** Resolves to null for a resource whose disk is not known. */
export async function fetchForecast(
  resourceId: string,
  caller: Caller,
  signal: AbortSignal,
): Promise<Forecast | null> {
  const query = new URLSearchParams({ resourceId });
  return decodeForecast(await getJson(`/api/forecast?${query}`, caller, signal)) ?? null;
}
