import { asNumber, asObject, asText } from "./json";
import type { JsonObject } from "./types";

/** How long a request may take before it counts as failed. */
const timeoutMs = 15_000;
/** How long the page waits by itself when the hub asks it to slow down. */
const maxWaitMs = 30_000;
const defaultWaitMs = 2_000;
/** Texts of the hub longer than this are pages of something in between, and not shown. */
const maxSaid = 200;

const csrfRefusal = "CSRF token validation failed";

export type RequestFailure = "unauthorized" | "forbidden" | "limited" | "unreachable" | "refused";

/** What the hub says about a refusal. */
export interface Refusal {
  /** For people; empty when it says nothing they could use. */
  readonly said: string;
  /** Empty when the answer is not a JSON object. */
  readonly body: JsonObject;
  /** How long the hub asks to wait; undefined when it does not. */
  readonly retryAfterMs: number | undefined;
}

const silent: Refusal = { said: "", body: {}, retryAfterMs: undefined };

/** A request that the hub did not answer with 2xx. `kind` says what to do about it. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  constructor(
    readonly kind: RequestFailure,
    readonly status: number,
    readonly refusal: Refusal = silent,
  ) {
    super(`request ${kind}`);
  }
}

/** Who is calling. */
export interface Caller {
  /** An API token typed by hand; undefined: the browser's session cookie. */
  readonly token: string | undefined;
  /** Called when the hub does not know who is calling, besides the error. */
  readonly onUnauthorized?: () => void;
}

/** Nobody yet: what everybody may ask. */
export const anybody: Caller = { token: undefined };

export interface RequestOptions {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** When the hub asks to slow down: waits and tries once more (by default), or fails at once. */
  readonly patient?: boolean;
  readonly timeoutMs?: number;
}

function failureOf(status: number): RequestFailure {
  if (status === 401) return "unauthorized";
  if (status === 403) return "forbidden";
  return status === 429 ? "limited" : "refused";
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What an error body says: `message`, else `error`, else the text itself when it is a short line of text. */
export function readRefusal(text: string, headers: Headers): Refusal {
  const body = asObject(parse(text));
  const line = text.trim();
  const plain = Object.keys(body).length === 0 && line.length < maxSaid && !line.includes("<") ? line : "";
  const seconds = Number(headers.get("Retry-After") || Number.NaN);
  return {
    said: asText(body.message) ?? asText(body.error) ?? plain,
    body,
    retryAfterMs: Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : undefined,
  };
}

/** The value that a change has to repeat, from the cookie that scripts may read. */
export function readCsrfCookie(cookies: string): string | undefined {
  for (const pair of cookies.split(";")) {
    const [name, ...value] = pair.trim().split("=");
    if (name === "pulse_csrf") return asText(value.join("="));
  }
  return undefined;
}

function headersOf(caller: Caller, options: RequestOptions, csrf: string | undefined): HeadersInit {
  const changes = options.method !== undefined && options.method !== "GET";
  return {
    Accept: "application/json",
    ...(caller.token ? { "X-API-Token": caller.token } : {}),
    ...(options.body === undefined ? {} : { "Content-Type": "application/json" }),
    // Only a session that the browser adds by itself needs proof that the page meant it.
    ...(changes && !caller.token && csrf ? { "X-CSRF-Token": csrf } : {}),
    ...options.headers,
  };
}

async function sendOnce(path: string, caller: Caller, options: RequestOptions, csrf: string | undefined) {
  const deadline = AbortSignal.timeout(options.timeoutMs ?? timeoutMs);
  try {
    return await fetch(path, {
      headers: headersOf(caller, options, csrf),
      signal: options.signal ? AbortSignal.any([options.signal, deadline]) : deadline,
      ...(options.method && options.method !== "GET" ? { method: options.method } : {}),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new RequestError("unreachable", 0);
  }
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/**
 * Sends a request and returns the answer of the hub, whatever it is. A session
 * whose proof has run out gets a new one, and a hub that asks to slow down is
 * given its time: each is tried once more, no oftener.
 */
async function send(path: string, caller: Caller, options: RequestOptions): Promise<Response> {
  const first = await sendOnce(path, caller, options, readCsrfCookie(document.cookie));
  if (first.status === 403) {
    const renewed = first.headers.get("X-CSRF-Token");
    if (!renewed || (await first.clone().text()).trim() !== csrfRefusal) return first;
    return sendOnce(path, caller, options, renewed);
  }
  if (first.status !== 429 || options.patient === false) return first;
  const wait = readRefusal("", first.headers).retryAfterMs ?? defaultWaitMs;
  if (wait > maxWaitMs) return first;
  await pause(wait, options.signal);
  return sendOnce(path, caller, options, readCsrfCookie(document.cookie));
}

/** Sends a request; resolves to a 2xx answer and rejects with RequestError otherwise. */
export async function requestAnswer(
  path: string,
  caller: Caller,
  options: RequestOptions = {},
): Promise<Response> {
  const response = await send(path, caller, options);
  if (response.ok) return response;
  if (response.status === 401) caller.onUnauthorized?.();
  const text = await response.text().catch(() => "");
  throw new RequestError(failureOf(response.status), response.status, readRefusal(text, response.headers));
}

/** Sends a request; resolves to the JSON of the answer, null when it is empty, the text when it is no JSON. */
export async function requestJson(
  path: string,
  caller: Caller,
  options: RequestOptions = {},
): Promise<unknown> {
  const response = await requestAnswer(path, caller, options);
  const text = await response.text();
  return text === "" ? null : (parse(text) ?? text);
}

/** Reads from the hub; rejects with RequestError when it does not answer with 2xx and JSON. */
export async function getJson(path: string, caller: Caller, signal?: AbortSignal): Promise<unknown> {
  const response = await requestAnswer(path, caller, { signal });
  try {
    return await response.json();
  } catch {
    throw new RequestError("refused", response.status);
  }
}

/** Changes something on the hub; rejects with RequestError when it does not answer with 2xx. */
export async function postJson(path: string, body: object, caller: Caller): Promise<unknown> {
  return requestJson(path, caller, { method: "POST", body });
}

/** A number of a refusal, as "minutes left". */
export function refusalNumber(error: RequestError, name: string): number | undefined {
  return asNumber(error.refusal.body[name]);
}
