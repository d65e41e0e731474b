// What the settings of the fake hub hold: tokens, people, roles, single
// sign-on, licence, export and import, and the log of who changed what.
import { goodCode } from "./fakesecurity.mjs";

const ok = (body) => ({ status: 200, body });
const nothing = { status: 204 };
const refusal = (status, code, message) => ({ status, body: { error: message, code, status_code: status } });
const notFound = () => refusal(404, "not_found", "No such thing");
const forbidden = { status: 403, body: { error: "Admin privileges required" } };
const dayMs = 86_400_000;

const permissions = [
  ..."monitoring alerts notifications nodes plugins settings users tokens"
    .split(" ")
    .flatMap((resource) => [`${resource}:read`, `${resource}:write`]),
  ..."hosts docker kubernetes".split(" ").flatMap((resource) => [`${resource}:report`, `${resource}:manage`]),
  "audit:read",
  "commands:run",
];

const noLicence = { valid: false, tier: "free", is_lifetime: false, days_remaining: 0, features: null };
const noProvider = {
  enabled: false,
  issuerUrl: "",
  clientId: "",
  redirectUrl: "",
  logoutUrl: "",
  scopes: ["openid", "profile", "email"],
  usernameClaim: "preferred_username",
  emailClaim: "email",
  groupsClaim: "",
  allowedGroups: [],
  allowedDomains: [],
  allowedEmails: [],
  caBundle: "",
  clientSecretSet: false,
  defaultRedirect: "http://pulse.example.lan:7655/api/oidc/callback",
};

const noSaml = {
  enabled: false,
  idpMetadata: "",
  entityId: "",
  usernameAttribute: "",
  emailAttribute: "email",
  groupsAttribute: "",
  allowedGroups: [],
  allowedDomains: [],
  allowedEmails: [],
  metadataUrl: "http://pulse.example.lan:7655/api/saml/metadata",
  acsUrl: "http://pulse.example.lan:7655/api/saml/acs",
};

/** A path matches `/api/x/{}` part by part; the parts in braces are handed on. */
function match(pattern, path) {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  if (wanted.length !== given.length) return undefined;
  const parts = [];
  for (const [index, part] of wanted.entries()) {
    if (part === "{}") parts.push(decodeURIComponent(given[index]));
    else if (part !== given[index]) return undefined;
  }
  return parts;
}

const shownUser = (user) => ({
  name: user.name,
  displayName: user.displayName,
  email: user.email,
  role: user.role,
  origin: user.origin ?? "local",
  disabled: user.disabled ?? false,
  hasPassword: (user.origin ?? "local") === "local",
  secondFactor: Boolean(user.code),
  passkeys: user.passkeys?.length ?? 0,
  createdAt: new Date(user.created).toISOString(),
  recoveryCodes: user.recoveryCodes?.length ?? 0,
  ...(user.lastSignIn ? { lastSignInAt: user.lastSignIn } : {}),
});

export function makeSettings() {
  const events = [];
  const state = {
    licence: noLicence,
    oidc: noProvider,
    providers: new Map(),
    saml: noSaml,
    locked: {},
    events,
    broken: "",
    exports: [],
    approvals: [],
  };

  /** Adds a command that waits for a decision. */
  function ask(draft) {
    const now = Date.now();
    const approval = {
      id: `command-${state.approvals.length + 1}`,
      digest: "0".repeat(64),
      target: "host",
      timeoutSeconds: 60,
      state: "pending",
      requestedBy: "maintenance",
      requestedAt: new Date(now).toISOString(),
      expiresAt: new Date(now + 300_000).toISOString(),
      ...draft,
    };
    state.approvals.unshift(approval);
    return approval;
  }
  const commands = {
    "GET /api/approvals": () => ok({ approvals: state.approvals }),
    "POST /api/approvals": ({ body, caller }) => ({
      status: 201,
      body: ask({ ...body, requestedBy: caller.name }),
    }),
    "POST /api/approvals/{}/{}": ({ caller }, id, step) => {
      const approval = state.approvals.find((item) => item.id === id);
      if (!approval) return refusal(404, "approval_not_found", "no such approval");
      if (step === "run") {
        if (approval.requestedBy !== caller.name)
          return refusal(403, "not_your_request", "approval is of another caller");
        if (approval.state !== "allowed") return refusal(409, "not_approved", "command is not approved");
        state.approvals = state.approvals.filter((item) => item !== approval);
        const stdout = `ran ${approval.command}\n`;
        return ok({ approvalId: id, success: true, stdout, stderr: "", exitCode: 0, durationMs: 1234 });
      }
      if (approval.state !== "pending") return refusal(409, "already_decided", "approval is decided already");
      const decided = { state: step === "allow" ? "allowed" : "denied", decidedBy: caller.name };
      state.approvals = state.approvals.map((item) => (item === approval ? { ...item, ...decided } : item));
      return ok({ ...approval, ...decided });
    },
  };
  const shownProvider = (provider, id) => ({
    ...provider,
    id,
    ...(id === "default" && Object.keys(state.locked).length > 0 ? { envOverrides: state.locked } : {}),
  });
  function putProvider(id, body) {
    if (id === "default" && Object.keys(state.locked).length > 0)
      return refusal(409, "oidc_locked", "Set by the environment");
    if (body.enabled && !body.issuerUrl) return refusal(400, "validation_error", "issuer URL is required");
    const { clientSecret, clearClientSecret, ...rest } = body;
    const before = id === "default" ? state.oidc : (state.providers.get(id) ?? noProvider);
    const clientSecretSet = clearClientSecret ? false : clientSecret ? true : before.clientSecretSet;
    const after = { ...noProvider, ...rest, clientSecretSet };
    if (id === "default") state.oidc = after;
    else state.providers.set(id, after);
    return ok(id === "default" ? after : { ...after, id });
  }

  function note(event) {
    events.unshift({
      seq: events.length + 1,
      at: new Date().toISOString(),
      via: "session",
      from: "127.0.0.1",
      outcome: "success",
      ...event,
    });
  }

  const mine = {
    "GET /api/security/account": ({ caller }) => ok(shownUser(caller.user)),
    "PATCH /api/security/account": ({ caller, body }) => {
      if (body.email && !body.email.includes("@"))
        return refusal(400, "invalid_user", "display name or email address is not valid");
      const before = shownUser(caller.user);
      Object.assign(caller.user, body);
      const after = shownUser(caller.user);
      note({ actor: caller.name, kind: "user", what: "changed", subject: caller.name, before, after });
      return ok(after);
    },
    "POST /api/security/change-password": ({ caller, body, security }) => {
      if (body.currentPassword !== caller.user.password)
        return refusal(401, "unauthorized", "Current password is incorrect");
      caller.user.password = body.newPassword;
      for (const [secret, session] of security.state.sessions)
        if (session.user === caller.name) security.state.sessions.delete(secret);
      note({ actor: caller.name, kind: "user", what: "password changed", subject: caller.name });
      return ok({ success: true, message: "Password changed." });
    },
    "POST /api/security/totp/begin": ({ caller }) =>
      ok({
        secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        url: `otpauth://totp/Pulse:${caller.name}?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Pulse`,
      }),
    "POST /api/security/totp/confirm": ({ caller, body }) => {
      if (body.code !== goodCode) return refusal(400, "invalid_code", "The code is not valid");
      caller.user.code = goodCode;
      caller.user.recoveryCodes = Array.from({ length: 10 }, (_, n) => `recov-ery0${n}`);
      return ok({ recoveryCodes: caller.user.recoveryCodes });
    },
    "POST /api/security/totp/disable": ({ caller, body }) => {
      if (body.password !== caller.user.password) return refusal(401, "unauthorized", "Wrong password");
      caller.user.code = undefined;
      caller.user.recoveryCodes = [];
      return nothing;
    },
    "GET /api/security/passkeys": ({ caller }) => ok({ passkeys: caller.user.passkeys ?? [] }),
    "POST /api/security/passkeys/begin": ({ caller }) =>
      ok({
        options: {
          publicKey: {
            challenge: Buffer.from("challenge").toString("base64url"),
            rp: { name: "Pulse", id: "localhost" },
            user: {
              id: Buffer.from(caller.name).toString("base64url"),
              name: caller.name,
              displayName: caller.name,
            },
            pubKeyCredParams: [{ type: "public-key", alg: -7 }],
            authenticatorSelection: { residentKey: "required", userVerification: "required" },
          },
        },
      }),
    "POST /api/security/passkeys/finish": ({ caller, body }) => {
      const passkey = {
        id: body.response.id,
        name: body.name,
        createdAt: new Date().toISOString(),
        synced: false,
      };
      caller.user.passkeys = [...(caller.user.passkeys ?? []), passkey];
      return ok(passkey);
    },
    "DELETE /api/security/passkeys/{}": ({ caller }, id) => {
      caller.user.passkeys = (caller.user.passkeys ?? []).filter((passkey) => passkey.id !== id);
      return nothing;
    },
    "GET /api/security/sessions": ({ caller, security, url }) => {
      const all = url.searchParams.get("all") === "true";
      if (all && !security.mayAdminister(caller)) return forbidden;
      const sessions = [...security.state.sessions.values()]
        .filter((session) => all || session.user === caller.name)
        .map(({ csrf: _csrf, ...session }) => ({ ...session, current: session.id === caller.session?.id }));
      return ok({ sessions });
    },
    "DELETE /api/security/sessions/{}": ({ security, caller }, id) => {
      const [secret, found] = [...security.state.sessions].find(([, session]) => session.id === id) ?? [];
      if (!found) return notFound();
      if (found.user !== caller.name && !security.mayAdminister(caller)) return forbidden;
      security.state.sessions.delete(secret);
      return nothing;
    },
  };

  const administration = {
    "GET /api/security/tokens": ({ security }) =>
      ok({ tokens: security.state.tokens.map((token) => token.record) }),
    "POST /api/security/tokens": ({ security, body, caller }) => {
      const made = security.addToken(body);
      note({
        actor: caller.name,
        kind: "token",
        what: "created",
        subject: made.record.id,
        after: made.record,
      });
      return ok(made);
    },
    "DELETE /api/security/tokens/{}": ({ security, caller }, id) => {
      const at = security.state.tokens.findIndex((token) => token.record.id === id);
      if (at < 0) return { status: 404, text: "Token not found\n" };
      const [{ record }] = security.state.tokens.splice(at, 1);
      note({
        actor: caller.name,
        kind: "token",
        what: "revoked",
        subject: id,
        detail: record.name,
        before: record,
      });
      return nothing;
    },
    "GET /api/users": ({ security }) => ok({ users: [...security.state.users.values()].map(shownUser) }),
    "POST /api/users": ({ security, body, caller }) => {
      if (security.state.users.has(body.name)) return refusal(409, "user_exists", "This user exists already");
      security.state.users.set(body.name, { ...body, created: Date.now() });
      const made = shownUser(security.state.users.get(body.name));
      note({ actor: caller.name, kind: "user", what: "created", subject: body.name, after: made });
      return { status: 201, body: made };
    },
    "PATCH /api/users/{}": ({ security, body, caller }, name) => {
      const user = security.state.users.get(name);
      if (!user) return notFound();
      if (name === caller.name && (body.disabled || (body.role && body.role !== "admin")))
        return refusal(409, "last_admin", "The last administrator stays one");
      const before = shownUser(user);
      Object.assign(user, body);
      note({
        actor: caller.name,
        kind: "user",
        what: "changed",
        subject: name,
        before,
        after: shownUser(user),
      });
      return ok(shownUser(user));
    },
    "DELETE /api/users/{}": ({ security, caller }, name) => {
      if (!security.state.users.delete(name)) return notFound();
      note({ actor: caller.name, kind: "user", what: "removed", subject: name });
      return nothing;
    },
    "POST /api/users/{}/password": ({ security, body }, name) => {
      security.state.users.get(name).password = body.password;
      return ok({ success: true });
    },
    "GET /api/roles": ({ security }) => ok({ roles: security.state.roles, permissions }),
    "PUT /api/roles/{}": ({ security, body }, name) => {
      const roles = security.state.roles.filter((role) => role.name !== name);
      security.state.roles = [...roles, { name, builtIn: false, ...body }];
      return ok({ name, ...body });
    },
    "DELETE /api/roles/{}": ({ security }, name) => {
      if ([...security.state.users.values()].some((user) => user.role === name))
        return refusal(409, "role_in_use", "Somebody has this role");
      security.state.roles = security.state.roles.filter((role) => role.name !== name);
      return nothing;
    },
    ...commands,
    "GET /api/security/oidc/providers": () =>
      ok({
        providers: [
          shownProvider(state.oidc, "default"),
          ...[...state.providers].map(([id, provider]) => shownProvider(provider, id)),
        ],
      }),
    "PUT /api/security/oidc/providers/{}": ({ body }, id) => putProvider(id, body),
    "DELETE /api/security/oidc/providers/{}": (_context, id) =>
      state.providers.delete(id) ? ok({ status: "success" }) : notFound(),
    "GET /api/security/saml": () => ok(state.saml),
    "PUT /api/security/saml": ({ body }) => {
      if (body.enabled && !body.idpMetadata.includes("EntityDescriptor"))
        return refusal(
          400,
          "validation_error",
          "saml metadata of the identity provider: is not the XML it should be",
        );
      state.saml = { ...noSaml, ...body };
      return ok(state.saml);
    },
    "GET /api/license/status": () => ok(state.licence),
    "POST /api/license/activate": ({ body }) => {
      if (body.license_key?.split(".").length !== 3)
        return { status: 400, body: { success: false, message: "malformed license key" } };
      state.licence = {
        valid: true,
        tier: "pro",
        email: "owner@example.com",
        is_lifetime: false,
        expires_at: new Date(Date.now() + 200 * dayMs).toISOString(),
        days_remaining: 200,
        features: ["ai_patrol", "update_alerts"],
      };
      return ok({ success: true, message: "License activated successfully", status: state.licence });
    },
    "POST /api/license/clear": () => {
      state.licence = noLicence;
      return ok({ success: true, message: "License cleared" });
    },
    "POST /api/config/export": ({ body }) => {
      if ((body.passphrase?.length ?? 0) < 12)
        return { status: 400, text: "Passphrase must be at least 12 characters long\n" };
      state.exports.push({ includeUsers: body.includeUsers === true });
      return ok({ status: "success", data: Buffer.from("a bundle").toString("base64") });
    },
    "POST /api/config/import": ({ body }) => {
      if (body.passphrase !== "a good passphrase")
        return {
          status: 400,
          text: "Failed to import configuration: failed to decrypt import data: wrong passphrase\n",
        };
      if (!body.dryRun) return ok({ status: "success", message: "Configuration imported successfully" });
      return ok(state.plan);
    },
    "GET /api/audit": ({ url }) => {
      const wanted = (name) => url.searchParams.get(name);
      const found = events
        .filter((event) => !wanted("since") || event.at >= wanted("since"))
        .filter((event) => !wanted("until") || event.at < wanted("until"))
        .filter((event) => !wanted("before") || event.seq < Number(wanted("before")))
        .filter((event) =>
          ["actor", "kind", "what", "outcome"].every((name) => !wanted(name) || event[name] === wanted(name)),
        )
        .filter((event) => !wanted("text") || JSON.stringify(event).includes(wanted("text")));
      const limit = Number(wanted("limit") ?? 100);
      const page = found.slice(0, limit);
      return ok({ events: page, ...(found.length > limit ? { next: page.at(-1).seq } : {}) });
    },
    "GET /api/audit/verify": () =>
      ok({ checked: events.length, ...(state.broken ? { problem: state.broken, at: 1 } : {}) }),
    "GET /api/audit/export": () => ({
      status: 200,
      text: events
        .toReversed()
        .map((event) => `${JSON.stringify(event)}\n`)
        .join(""),
    }),
    "POST /api/oidc/login": ({ body }) => {
      const provider = body.provider === "default" ? state.oidc : state.providers.get(body.provider);
      return provider?.enabled
        ? ok({ authorizationUrl: `${provider.issuerUrl}/authorize?client_id=${provider.clientId}` })
        : refusal(400, "oidc_disabled", "OIDC authentication is not enabled");
    },
  };
  state.plan = {
    added: [{ section: "nodes", id: "pve/4", name: "pve4" }],
    changed: [
      { section: "alerts", id: "config", fields: [{ field: "/cpu/trigger", before: "80", after: "90" }] },
    ],
    removed: [{ section: "channels", id: "old-webhook" }],
    unchanged: Array.from({ length: 12 }, (_, n) => ({ section: "instances", id: `i${n}` })),
    warnings: ["The section “extras” is not known and is left out."],
  };

  function route(routes, context) {
    for (const [key, handle] of Object.entries(routes)) {
      const [method, pattern] = key.split(" ");
      const parts = method === context.request.method ? match(pattern, context.url.pathname) : undefined;
      if (parts) return { handle, parts };
    }
    return undefined;
  }

  /** Answers what concerns settings; undefined for everything else. */
  function answer(context) {
    const own = route(mine, context);
    if (own) {
      if (!context.caller.user && !context.url.pathname.startsWith("/api/security/sessions"))
        return refusal(403, "no_user", "This caller is no user");
      return own.handle(context, ...own.parts);
    }
    const found = route(administration, context);
    if (!found) return undefined;
    if (!context.security.mayAdminister(context.caller)) return forbidden;
    return found.handle(context, ...found.parts);
  }

  return { state, note, ask, answer };
}
