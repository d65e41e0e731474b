import { render, screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { App } from "../../app";

type Answer = { readonly status: number; readonly body: object };
let answers: Record<string, Answer | readonly Answer[]>;
let sent: { path: string; token: string | null; body: unknown }[];

const unknown: Answer = { status: 401, body: { error: "Authentication required" } };
const waiting = "Waiting for the first data from the hub…";

beforeEach(() => {
  sessionStorage.clear();
  window.history.replaceState(null, "", "/");
  sent = [];
  answers = {
    "/api/security/status": { status: 200, body: { hasAuthentication: true } },
    "/api/security/sign-in-options": {
      status: 200,
      body: { password: false, passkeys: false, providers: [] },
    },
    "/api/state/summary": { status: 200, body: {} },
  };
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    const token = new Headers(init.headers).get("X-API-Token");
    sent.push({ path, token, body: typeof init.body === "string" ? JSON.parse(init.body) : undefined });
    const listed = answers[path];
    const answer = Array.isArray(listed) ? (listed.shift() ?? unknown) : listed;
    if (!answer) throw new TypeError("network");
    // Nobody has a session until a test says so.
    if (path === "/api/state/summary" && !token && !answers["/api/login"]) return respond(unknown);
    return respond(answer);
  });
  vi.stubGlobal(
    "WebSocket",
    class {
      close() {}
    },
  );
});
afterEach(() => vi.unstubAllGlobals());

function respond(answer: Answer): Response {
  return Response.json(answer.body, { status: answer.status });
}

async function typeToken(token: string): Promise<void> {
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText(/API token/), token);
  await user.click(screen.getByRole("button", { name: "Continue" }));
}

test("asks for a token, sends it, and keeps it for the tab only", async () => {
  render(() => <App />);
  await typeToken("  secret ");
  await screen.findByText(waiting);
  expect(sent.at(-1)).toMatchObject({ path: "/api/state/summary", token: "secret" });
  expect(sessionStorage.getItem("pulse.token")).toBe("secret");
  expect(JSON.stringify(localStorage)).not.toContain("secret");
});

test.each([
  { status: 401, text: /does not know this token/ },
  { status: 403, text: /needs the scope monitoring:read/ },
  { status: 500, text: /answered with an error/ },
])("says why a token with answer $status is not enough", async ({ status, text }) => {
  answers["/api/state/summary"] = { status, body: {} };
  render(() => <App />);
  await typeToken("x");
  expect((await screen.findByText(text)).textContent).toBeTruthy();
});

test("takes the token of the fragment and cleans the address bar", async () => {
  window.history.replaceState(null, "", "/hosts?q=web#token=given");
  render(() => <App />);
  await screen.findByText(waiting);
  expect(window.location.pathname + window.location.search + window.location.hash).toBe("/hosts?q=web");
  expect(sent.at(-1)?.token).toBe("given");
});

test("a hub that does not answer keeps the stored token", async () => {
  sessionStorage.setItem("pulse.token", "kept");
  answers = {};
  render(() => <App />);
  await screen.findByText(/The hub does not answer/);
  expect(sessionStorage.getItem("pulse.token")).toBe("kept");
});

test("a stored token that is refused is said to be no longer accepted", async () => {
  sessionStorage.setItem("pulse.token", "old");
  answers["/api/state/summary"] = unknown;
  render(() => <App />);
  await screen.findByText(/no longer accepts/);
  expect(sessionStorage.getItem("pulse.token")).toBeNull();
});

test("signs in with a password and, when it is asked for, a second factor", async () => {
  answers["/api/security/sign-in-options"] = { status: 200, body: { password: true } };
  answers["/api/state/summary"] = [unknown, { status: 200, body: {} }];
  answers["/api/login"] = [
    { status: 401, body: { error: "invalid_credentials", remaining: 4 } },
    { status: 401, body: { error: "second_factor_required" } },
    { status: 401, body: { error: "invalid_credentials", remaining: 3 } },
    { status: 200, body: { success: true } },
  ];
  render(() => <App />);
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText("User name"), "admin");
  await user.type(screen.getByLabelText("Password"), "correct horse battery");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  await screen.findByText(/Attempts left: 4/);
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  await user.type(await screen.findByLabelText("Code"), "000000");
  await user.click(screen.getByRole("button", { name: "Confirm" }));
  await screen.findByText(/This code is not valid/);
  await user.type(screen.getByLabelText("Code"), "{Backspace>6}123456");
  await user.click(screen.getByRole("button", { name: "Confirm" }));
  await screen.findByText(waiting);
  const last = sent.filter((request) => request.path === "/api/login").at(-1);
  expect(last?.body).toEqual({
    username: "admin",
    password: "correct horse battery",
    rememberMe: false,
    code: "123456",
  });
  expect(JSON.stringify([{ ...localStorage }, { ...sessionStorage }])).not.toContain("battery");
});

test.each([
  [{ status: 403, body: { error: "account_locked", remainingMinutes: 14 } }, /Try again in 14 min/],
  [{ status: 401, body: { error: "invalid_credentials", locked: true } }, /Try again in 15 min/],
  [{ status: 429, body: { error: "rate_limit" } }, /Too many attempts in a short time/],
  [{ status: 500, body: {} }, /answered with an error/],
])("tells why a sign-in answered with %j failed", async (answer, text) => {
  answers["/api/security/sign-in-options"] = { status: 200, body: { password: true } };
  answers["/api/state/summary"] = unknown;
  answers["/api/login"] = answer;
  render(() => <App />);
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText("User name"), "admin");
  await user.type(screen.getByLabelText("Password"), "wrong{Enter}");
  await screen.findByText(text);
});

test("offers identity providers, and tells what went wrong with one", async () => {
  window.history.replaceState(null, "", "/hosts?q=a&oidc=error&oidc_error=group_restricted");
  answers["/api/security/sign-in-options"] = {
    status: 200,
    body: {
      providers: [
        { id: "default", kind: "oidc", label: "Acme", url: "/api/oidc/login" },
        { id: "bad", kind: "oidc", label: "Bad", url: "javascript:alert(1)" },
      ],
    },
  };
  render(() => <App />);
  const link = await screen.findByRole("link", { name: "Continue with Acme" });
  expect(link.getAttribute("href")).toBe("/api/oidc/login?returnTo=%2Fhosts%3Fq%3Da");
  expect(screen.queryByText(/Bad/)).toBeNull();
  screen.getByText(/none of the groups/);
  expect(window.location.search).toBe("?q=a");
});

test("a hub without any way in begins with its first run", async () => {
  answers["/api/security/status"] = {
    status: 200,
    body: { hasAuthentication: false, bootstrapTokenPath: "/data/.bootstrap_token", isDocker: true },
  };
  render(() => <App />);
  await screen.findByText("Prove that this hub is yours");
  screen.getByText("docker exec pulse cat /data/.bootstrap_token");
});
