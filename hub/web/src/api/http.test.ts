import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { getJson, RequestError, readCsrfCookie, readRefusal, requestJson } from "./http";

interface Sent {
  readonly method: string;
  readonly headers: Headers;
}
let sent: Sent[];
let answers: Response[];

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  answers = [];
  vi.stubGlobal("fetch", async (_path: string, init: RequestInit) => {
    sent.push({ method: init.method ?? "GET", headers: new Headers(init.headers) });
    const answer = answers.shift();
    if (!answer) throw new TypeError("network");
    return answer;
  });
  // biome-ignore lint/suspicious/noDocumentCookie: it is what a hub sets
  document.cookie = "pulse_csrf=from-cookie==";
});
afterEach(() => {
  // biome-ignore lint/suspicious/noDocumentCookie: it is what a hub sets
  document.cookie = "pulse_csrf=; Max-Age=0";
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const session = { token: undefined };
const proof = () => sent.map((request) => request.headers.get("X-CSRF-Token"));
const renewed = (token: string) =>
  new Response("CSRF token validation failed\n", { status: 403, headers: { "X-CSRF-Token": token } });

describe("the proof that a change is meant", () => {
  test("goes with changes of a session, and with nothing else", async () => {
    answers = [Response.json({}), Response.json({}), Response.json({})];
    await requestJson("/api/x", session, { method: "DELETE" });
    await getJson("/api/x", session);
    await requestJson("/api/x", { token: "t" }, { method: "POST", body: {} });
    expect(proof()).toEqual(["from-cookie==", null, null]);
    expect(sent[2]?.headers.get("X-API-Token")).toBe("t");
  });

  test("that has run out is replaced, once", async () => {
    answers = [renewed("second"), Response.json({ done: true })];
    expect(await requestJson("/api/x", session, { method: "POST", body: { a: 1 } })).toEqual({ done: true });
    expect(proof()).toEqual(["from-cookie==", "second"]);

    answers = [renewed("third"), renewed("fourth"), Response.json({})];
    await expect(requestJson("/api/x", session, { method: "PUT", body: {} })).rejects.toMatchObject({
      kind: "forbidden",
    });
    expect(answers).toHaveLength(1);
  });

  test("is not what another refusal is about", async () => {
    answers = [
      Response.json(
        { error: "Admin privileges required" },
        { status: 403, headers: { "X-CSRF-Token": "n" } },
      ),
    ];
    const failure = requestJson("/api/x", session, { method: "POST", body: {} });
    await expect(failure).rejects.toMatchObject({ refusal: { said: "Admin privileges required" } });
    expect(sent).toHaveLength(1);
  });
});

describe("a hub that asks to slow down", () => {
  const slow = (seconds?: string) =>
    new Response("Rate limit exceeded.", {
      status: 429,
      ...(seconds ? { headers: { "Retry-After": seconds } } : {}),
    });

  test("is given its time, and asked once more", async () => {
    answers = [slow("3"), Response.json({ ok: 1 })];
    const answer = getJson("/api/x", session);
    await vi.advanceTimersByTimeAsync(2900);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(await answer).toEqual({ ok: 1 });
  });

  test("a second time, or for longer than anybody waits, has failed", async () => {
    answers = [slow(), slow()];
    const twice = expect(getJson("/api/x", session)).rejects.toMatchObject({ kind: "limited" });
    await vi.advanceTimersByTimeAsync(2000);
    await twice;
    answers = [slow("600")];
    await expect(getJson("/api/x", session)).rejects.toMatchObject({
      kind: "limited",
      refusal: { retryAfterMs: 600_000 },
    });
    expect(sent).toHaveLength(3);
  });
});

test("tells its caller when the hub does not know who is calling", async () => {
  const onUnauthorized = vi.fn();
  answers = [Response.json({ error: "Authentication required" }, { status: 401 })];
  await expect(getJson("/api/x", { token: "t", onUnauthorized })).rejects.toBeInstanceOf(RequestError);
  expect(onUnauthorized).toHaveBeenCalledOnce();
});

test("an empty answer is null, and a page instead of data is a failure", async () => {
  answers = [new Response(null, { status: 204 }), new Response("<html>")];
  expect(await requestJson("/api/x", session, { method: "DELETE" })).toBeNull();
  await expect(getJson("/api/x", session)).rejects.toMatchObject({ kind: "refused" });
});

test.each([
  ['{"message":"told","error":"slug"}', "told"],
  ['{"error":"Only words"}', "Only words"],
  ["Token not found\n", "Token not found"],
  ["<html>proxy</html>", ""],
  ["x".repeat(300), ""],
  ['{"error":5}', ""],
])("of %j people are told %j", (body, want) => {
  expect(readRefusal(body, new Headers()).said).toBe(want);
});

test.each([
  ["pulse_csrf=abc=", "abc="],
  ["a=1; pulse_csrf=x; b=2", "x"],
  ["not_pulse_csrf=x", undefined],
  ["", undefined],
])("reads the proof from the cookies %j", (cookies, want) => {
  expect(readCsrfCookie(cookies)).toBe(want);
});
