import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { makeSession, type SessionState, takeProviderFailure } from "./session";

let answers: Record<string, () => Response>;
let sent: string[];
const left: string[] = [];

beforeEach(() => {
  sessionStorage.clear();
  window.history.replaceState(null, "", "/");
  sent = [];
  left.length = 0;
  answers = {
    "GET /api/security/status": () => Response.json({ hasAuthentication: true }),
    "GET /api/state/summary": () => Response.json({}),
    "POST /api/logout": () => Response.json({ success: true }),
  };
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    const asked = `${init.method ?? "GET"} ${path}`;
    sent.push(asked);
    const answer = answers[asked];
    if (!answer) throw new TypeError("network");
    return answer();
  });
});
afterEach(() => vi.unstubAllGlobals());

const unknown = () => Response.json({ error: "Authentication required" }, { status: 401 });
const start = async () => {
  const session = makeSession({ leaveFor: (url) => left.push(url) });
  await session.start();
  return session;
};
const reason = (state: SessionState) => (state.kind === "gate" ? state.reason : state.kind);
function callerOf(state: SessionState) {
  if (state.kind !== "open") throw new Error(`the session is not open but ${state.kind}`);
  return state.caller;
}

test("goes in with the session of the browser", async () => {
  const session = await start();
  expect(callerOf(session.state()).token).toBeUndefined();
});

test("without a session shows the gate, and goes in once there is one", async () => {
  answers["GET /api/state/summary"] = unknown;
  const session = await start();
  expect(reason(session.state())).toBe("none");
  answers["GET /api/state/summary"] = () => Response.json({});
  await session.enter();
  expect(session.state().kind).toBe("open");
});

test("a session that ends is told apart from a token that is withdrawn", async () => {
  const session = await start();
  answers["GET /api/state/summary"] = unknown;
  await session.recheck();
  expect(reason(session.state())).toBe("ended");
  answers["GET /api/state/summary"] = () => Response.json({});
  await session.useToken("t");
  answers["GET /api/state/summary"] = unknown;
  await session.recheck();
  expect(reason(session.state())).toBe("expired");
});

test("a role without monitoring is told apart from a token without the scope", async () => {
  answers["GET /api/state/summary"] = () => Response.json({}, { status: 403 });
  const session = await start();
  expect(reason(session.state())).toBe("role");
  await session.useToken("t");
  expect(reason(session.state())).toBe("scope");
});

test("many refused requests ask once whether the session is over", async () => {
  const session = await start();
  const caller = callerOf(session.state());
  answers["GET /api/state/summary"] = unknown;
  sent.length = 0;
  for (let times = 0; times < 5; times++) caller.onUnauthorized?.();
  await vi.waitFor(() => expect(session.state().kind).toBe("gate"));
  expect(sent).toEqual(["GET /api/state/summary"]);
});

test("one refused request of a session that goes on changes nothing", async () => {
  const session = await start();
  callerOf(session.state()).onUnauthorized?.();
  await session.recheck();
  expect(session.state().kind).toBe("open");
});

describe("signing out", () => {
  test("ends the session on the hub", async () => {
    const session = await start();
    await session.signOut();
    expect(sent).toContain("POST /api/logout");
    expect(reason(session.state())).toBe("none");
    expect(left).toEqual([]);
  });

  test.each([
    [{ oidcUsername: "ann", oidcLogoutURL: "https://id.example.com/out" }, "https://id.example.com/out"],
    [{ oidcUsername: "", oidcLogoutURL: "https://id.example.com/out" }, undefined],
    [{ hasProxyAuth: true, proxyAuthLogoutURL: "/out" }, "/out"],
  ])("of %j goes on to %s", async (status, want) => {
    const session = await start();
    answers["GET /api/security/status"] = () => Response.json({ hasAuthentication: true, ...status });
    await session.signOut();
    expect(left).toEqual(want ? [want] : []);
  });

  test("that the hub does not hear says so instead of pretending", async () => {
    const session = await start();
    delete answers["POST /api/logout"];
    await session.signOut();
    expect(reason(session.state())).toBe("unreachable");
  });

  test("forgets a token without asking anybody", async () => {
    sessionStorage.setItem("pulse.token", "t");
    const session = await start();
    await session.signOut();
    expect(sent).not.toContain("POST /api/logout");
    expect(sessionStorage.getItem("pulse.token")).toBeNull();
  });
});

test("a hub that nobody has set up begins its first run", async () => {
  answers["GET /api/security/status"] = () => Response.json({ hasAuthentication: false });
  expect((await start()).state().kind).toBe("firstRun");
});

test.each([
  ["/?oidc=error&oidc_error=invalid_state", "invalid_state", "/"],
  ["/hosts?q=a&oidc=error&oidc_error=x", "x", "/hosts?q=a"],
  ["/?saml=error&saml_error=expired", "expired", "/"],
  ["/?oidc=success", undefined, "/"],
  ["/hosts?q=oidc", undefined, "/hosts?q=oidc"],
])("of %s the failure is %s", (address, want, cleaned) => {
  window.history.replaceState(null, "", address);
  expect(takeProviderFailure(window.location, window.history)).toBe(want);
  expect(window.location.pathname + window.location.search).toBe(cleaned);
});
