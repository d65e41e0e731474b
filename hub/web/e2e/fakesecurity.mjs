// Who may call the fake hub: its first run, people with passwords and second
// factors, sessions in cookies with proof against forged changes, and tokens.
import { randomBytes, randomUUID } from "node:crypto";

export const goodToken = "test-token";
export const bootstrapToken = "0123456789abcdef".repeat(3);
/** A code that every second factor of the fake hub accepts. */
export const goodCode = "123456";

const hex = (bytes) => randomBytes(bytes).toString("hex");
const dayMs = 86_400_000;

function cookiesOf(request) {
  const pairs = (request.headers.cookie ?? "").split(";").map((pair) => pair.trim().split("="));
  return Object.fromEntries(pairs.map(([name, ...value]) => [name, value.join("=")]));
}

const json = (status, body, headers = {}) => ({ status, body, headers });
const text = (status, body, headers = {}) => ({ status, text: body, headers });
const unknownCaller = () => json(401, { error: "Authentication required" });

const builtInRoles = [
  { name: "admin", description: "May do everything.", permissions: ["*:*"], builtIn: true },
  {
    name: "operator",
    description: "Sees what is monitored and handles its alerts. Changes no settings.",
    permissions: ["monitoring:read", "monitoring:write", "alerts:read", "alerts:write"],
    builtIn: true,
  },
  {
    name: "viewer",
    description: "Sees what is monitored and its alerts.",
    permissions: ["monitoring:read", "alerts:read"],
    builtIn: true,
  },
];

/**
 * The security of a fake hub. `users` are [{name, password, role, code}];
 * `firstRun` begins without any way in.
 */
export function makeSecurity({
  firstRun = false,
  users: accounts = [],
  passkeys = false,
  providers = [],
  note = () => undefined,
} = {}) {
  const state = {
    pending: firstRun,
    users: new Map(
      accounts.map((user) => [user.name, { role: "admin", created: Date.now() - 90 * dayMs, ...user }]),
    ),
    sessions: new Map(),
    tokens: [],
    roles: [...builtInRoles],
    failures: 0,
    csrfRenewals: 0,
    limited: 0,
  };
  const addToken = (draft, secret = hex(32)) => {
    const record = {
      id: randomUUID(),
      name: draft.name || "API token",
      prefix: secret.slice(0, 6),
      suffix: secret.slice(-4),
      createdAt: new Date().toISOString(),
      scopes: draft.scopes ?? ["*"],
      ...(draft.expiresAt ? { expiresAt: draft.expiresAt } : {}),
    };
    state.tokens.unshift({ secret, record });
    return { token: secret, record };
  };
  if (!firstRun) addToken({ name: "Primary token" }, goodToken);

  /** Who sends a request: `user` for people, `token` for programs; undefined for strangers. */
  function callerOf(request, url) {
    const secret = request.headers["x-api-token"] ?? url.searchParams.get("token");
    if (secret) {
      const token = state.tokens.find((item) => item.secret === secret);
      return token && { token, name: token.record.name, role: "admin" };
    }
    const session = state.sessions.get(cookiesOf(request).pulse_session);
    const user = session && state.users.get(session.user);
    return user && { session, user, name: user.name, role: user.role };
  }

  function permissionsOf(caller) {
    return state.roles.find((role) => role.name === caller.role)?.permissions ?? [];
  }

  function openSession(user, request, remember = false) {
    const secret = hex(32);
    const seconds = remember ? 2_592_000 : 86_400;
    const session = {
      id: randomUUID(),
      user: user.name,
      csrf: randomBytes(32).toString("base64url"),
      method: "session",
      created: new Date().toISOString(),
      seen: new Date().toISOString(),
      expires: new Date(Date.now() + seconds * 1000).toISOString(),
      address: "127.0.0.1",
      userAgent: request.headers["user-agent"] ?? "",
    };
    state.sessions.set(secret, session);
    user.lastSignIn = session.created;
    return [
      `pulse_session=${secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}`,
      `pulse_csrf=${session.csrf}; Path=/; SameSite=Lax; Max-Age=${seconds}`,
    ];
  }

  /** A change from a session without its proof is refused, with a new proof. */
  function forged(request, caller) {
    if (!caller?.session || ["GET", "HEAD"].includes(request.method)) return undefined;
    if (request.headers["x-csrf-token"] === caller.session.csrf) return undefined;
    caller.session.csrf = randomBytes(32).toString("base64url");
    state.csrfRenewals += 1;
    return text(403, "CSRF token validation failed\n", {
      "X-CSRF-Token": caller.session.csrf,
      "Set-Cookie": `pulse_csrf=${caller.session.csrf}; Path=/; SameSite=Lax`,
    });
  }

  function status(caller) {
    return json(200, {
      hasAuthentication: !state.pending,
      requiresAuth: !state.pending,
      apiTokenConfigured: state.tokens.length > 0,
      authUsername: caller?.user?.name ?? "",
      hasProxyAuth: false,
      hideLocalLogin: false,
      oidcEnabled: providers.length > 0,
      ...(state.pending
        ? { bootstrapTokenPath: "/etc/pulse/.bootstrap_token", isDocker: true, inContainer: true }
        : {}),
      ...(caller ? { role: caller.role, permissions: permissionsOf(caller) } : {}),
    });
  }

  function login(body, request) {
    if (state.limited > 0) {
      state.limited -= 1;
      return json(429, { error: "rate_limit", message: "Too many attempts." }, { "Retry-After": "60" });
    }
    if (state.failures >= 5)
      return json(403, { error: "account_locked", message: "Locked.", remainingMinutes: 14 });
    const refuse = () => {
      state.failures += 1;
      note({
        actor: "stranger",
        kind: "session",
        what: "sign-in refused",
        subject: body.username,
        outcome: "failure",
      });
      return state.failures >= 5
        ? json(401, { error: "invalid_credentials", locked: true, lockoutDuration: "15 minutes" })
        : json(401, {
            error: "invalid_credentials",
            attempts: state.failures,
            remaining: 5 - state.failures,
          });
    };
    const user = state.users.get(body.username);
    if (!user || user.disabled || user.password !== body.password) return refuse();
    if (user.code && body.code === undefined) return json(401, { error: "second_factor_required" });
    if (user.code && body.code !== user.code && !user.recoveryCodes?.includes(body.code)) return refuse();
    state.failures = 0;
    note({ actor: user.name, kind: "session", what: "signed in", subject: user.name });
    return json(
      200,
      { success: true, message: "Successfully logged in" },
      { "Set-Cookie": openSession(user, request, body.rememberMe) },
    );
  }

  function passkeyLogin(body, request) {
    const owns = (user) => user.passkeys?.some((passkey) => passkey.id === body.response.id);
    const user = [...state.users.values()].find(owns);
    if (!user) return json(401, { error: "the passkey is not known", code: "invalid_passkey" });
    return json(200, { success: true }, { "Set-Cookie": openSession(user, request) });
  }

  function quickSetup(body, request) {
    if (!state.pending) return json(200, { success: true, skipped: true, message: "Already configured." });
    if (request.headers["x-setup-token"] !== bootstrapToken)
      return text(401, "Invalid bootstrap setup token\n");
    if ((body.password ?? "").length < 12) return text(400, "password must be at least 12 characters long\n");
    if (!/^[0-9a-f]{64}$/.test(body.apiToken))
      return text(400, "Username, password, and API token are required\n");
    state.pending = false;
    state.users.set(body.username, {
      name: body.username,
      password: body.password,
      role: "admin",
      created: Date.now(),
    });
    addToken({ name: "Primary token" }, body.apiToken);
    note({ actor: body.username, kind: "user", what: "set up", subject: body.username });
    return json(200, { success: true, method: "docker", requiresManualRestart: false, message: "Done." });
  }

  function validateBootstrap(body, request) {
    if (!state.pending) return text(409, "Bootstrap token unavailable.\n");
    const given = request.headers["x-setup-token"] ?? body.token;
    return given === bootstrapToken
      ? { status: 204, headers: {} }
      : text(401, "Invalid bootstrap setup token\n");
  }

  const hasPasskey = () => [...state.users.values()].some((user) => user.passkeys?.length > 0);

  function logout(caller) {
    for (const [secret, session] of state.sessions)
      if (session === caller.session) state.sessions.delete(secret);
    note({ actor: caller.name, kind: "session", what: "signed out", subject: caller.name });
    return json(200, { success: true }, { "Set-Cookie": "pulse_session=; Path=/; Max-Age=0" });
  }

  /** Answers what strangers may ask, and keeps them from the rest; undefined: the caller may go on. */
  function answer(request, url, body) {
    const caller = callerOf(request, url);
    const asked = `${request.method} ${url.pathname}`;
    const open = {
      "GET /api/health": () => json(200, { status: "healthy" }),
      "GET /api/security/status": () => status(caller),
      "GET /api/security/sign-in-options": () =>
        json(200, { password: state.users.size > 0, passkeys: passkeys || hasPasskey(), providers }),
      "POST /api/security/validate-bootstrap-token": () => validateBootstrap(body, request),
      "POST /api/security/quick-setup": () => quickSetup(body, request),
      "POST /api/login": () => login(body, request),
      "POST /api/security/passkeys/sign-in/begin": () =>
        json(200, {
          options: {
            publicKey: {
              challenge: Buffer.from("challenge").toString("base64url"),
              rpId: "localhost",
              userVerification: "required",
            },
          },
        }),
      "POST /api/security/passkeys/sign-in/finish": () => passkeyLogin(body, request),
    }[asked];
    if (open) return open();
    if (!caller) return unknownCaller();
    const refused = forged(request, caller);
    if (refused) return refused;
    return asked === "POST /api/logout" ? logout(caller) : undefined;
  }

  return {
    state,
    answer,
    callerOf,
    permissionsOf,
    addToken,
    mayAdminister: (caller) => permissionsOf(caller).includes("*:*"),
    /** Ends everything: tokens and sessions. */
    revoke() {
      state.tokens.length = 0;
      state.sessions.clear();
    },
    /** What the browser keeps as its proof no longer counts. */
    expireProofs() {
      for (const session of state.sessions.values()) session.csrf = hex(16);
    },
  };
}
