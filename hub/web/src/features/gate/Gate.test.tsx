import { render, screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { App } from "../../app";

type Answer = { readonly status: number; readonly body: object };
let answers: Record<string, Answer>;
let sent: { path: string; token: string | null }[];

beforeEach(() => {
  sessionStorage.clear();
  window.history.replaceState(null, "", "/");
  sent = [];
  answers = {
    "/api/security/status": { status: 200, body: { hasAuthentication: true } },
    "/api/state/summary": { status: 200, body: {} },
  };
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    sent.push({ path, token: new Headers(init.headers).get("X-API-Token") });
    const answer = answers[path];
    if (!answer) throw new TypeError("network");
    return Response.json(answer.body, { status: answer.status });
  });
  vi.stubGlobal(
    "WebSocket",
    class {
      close() {}
    },
  );
});
afterEach(() => vi.unstubAllGlobals());

async function typeToken(token: string): Promise<void> {
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText(/API token/), token);
  await user.click(screen.getByRole("button", { name: "Continue" }));
}

test("asks for a token, sends it, and keeps it for the tab only", async () => {
  render(() => <App />);
  await typeToken("  secret ");
  await screen.findByText("Waiting for the first data from the hub…");
  expect(sent.at(-1)).toEqual({ path: "/api/state/summary", token: "secret" });
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
  await screen.findByText("Waiting for the first data from the hub…");
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
  answers["/api/state/summary"] = { status: 401, body: {} };
  render(() => <App />);
  await screen.findByText(/no longer accepts/);
  expect(sessionStorage.getItem("pulse.token")).toBeNull();
});
