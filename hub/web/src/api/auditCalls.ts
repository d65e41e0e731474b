import { type Caller, getJson, requestAnswer } from "./http";
import { asList, asMoment, asNumber, asObject, asText } from "./json";
import type { Json } from "./types";

/** Something that somebody did, or tried to do. */
export interface AuditEvent {
  /** Its number in the log. */
  readonly seq: number;
  /** Unix milliseconds. */
  readonly at: number | undefined;
  readonly actor: string;
  readonly via: string;
  readonly from: string;
  readonly kind: string;
  readonly subject: string;
  readonly what: string;
  readonly detail: string;
  /** What it was done to, without its secrets; undefined: not known or not there. */
  readonly before: Json | undefined;
  readonly after: Json | undefined;
  readonly failed: boolean;
}

export interface AuditPage {
  /** The newest first. */
  readonly events: readonly AuditEvent[];
  /** Where the next page begins; undefined: this is the last. */
  readonly next: number | undefined;
}

export function decodeAuditPage(value: unknown): AuditPage {
  const raw = asObject(value);
  const events = asList(raw.events).flatMap((item) => {
    const event = asObject(item);
    const seq = asNumber(event.seq);
    if (seq === undefined) return [];
    return [
      {
        seq,
        at: asMoment(event.at),
        actor: asText(event.actor) ?? "",
        via: asText(event.via) ?? "",
        from: asText(event.from) ?? "",
        kind: asText(event.kind) ?? "",
        subject: asText(event.subject) ?? "",
        what: asText(event.what) ?? "",
        detail: asText(event.detail) ?? "",
        before: event.before ?? undefined,
        after: event.after ?? undefined,
        failed: event.outcome === "failure",
      },
    ];
  });
  return { events, next: asNumber(raw.next) };
}

/** Which events are wanted; undefined lets everything pass. */
export interface AuditFilter {
  /** Unix milliseconds. */
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly actor: string | undefined;
  readonly kind: string | undefined;
  readonly outcome: string | undefined;
  readonly text: string | undefined;
}

function queryOf(filter: AuditFilter): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of ["since", "until"] as const) {
    const moment = filter[name];
    if (moment !== undefined) query.set(name, new Date(moment).toISOString());
  }
  for (const name of ["actor", "kind", "outcome", "text"] as const) {
    const value = filter[name];
    if (value) query.set(name, value);
  }
  return query;
}

export async function fetchAudit(
  filter: AuditFilter,
  page: { readonly before: number | undefined; readonly limit: number },
  caller: Caller,
  signal: AbortSignal,
): Promise<AuditPage> {
  const query = queryOf(filter);
  query.set("limit", String(page.limit));
  if (page.before !== undefined) query.set("before", String(page.before));
  return decodeAuditPage(await getJson(`/api/audit?${query}`, caller, signal));
}

export const exportFormats = ["ndjson", "csv"] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** The log as a file; it may be long. */
export async function exportAudit(filter: AuditFilter, format: ExportFormat, caller: Caller): Promise<Blob> {
  const query = queryOf(filter);
  query.set("format", format);
  const answer = await requestAnswer(`/api/audit/export?${query}`, caller, { timeoutMs: 300_000 });
  return answer.blob();
}

export interface AuditReport {
  /** How many events were looked at. */
  readonly checked: number;
  /** What is wrong, for people; undefined: nothing. */
  readonly problem: string | undefined;
  /** The first event that is wrong. */
  readonly at: number | undefined;
}

export async function verifyAudit(caller: Caller): Promise<AuditReport> {
  const raw = asObject(await getJson("/api/audit/verify", caller));
  return { checked: asNumber(raw.checked) ?? 0, problem: asText(raw.problem), at: asNumber(raw.at) };
}
