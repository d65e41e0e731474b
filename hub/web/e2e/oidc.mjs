// Signing in at an OpenID Connect provider: the hub that `make build` left in
// bin/, a provider of npm, and a browser. Then everything again with a provider,
// a browser or somebody between them who does not play by the rules.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launchBrowser, openPage } from "./browser.mjs";
import { eventually, patience } from "./checks.mjs";
import { client, startProvider } from "./oidcprovider.mjs";
import { startRealHub } from "./realhub.mjs";

const slow = { timeout: 60_000 };

describe("signing in at an identity provider", () => {
  let browser;
  let hub;
  let provider;

  const settings = (more = {}) =>
    hub.api("PUT", "/api/security/oidc", {
      enabled: true,
      issuerUrl: provider.issuer,
      clientId: client.id,
      clientSecret: client.secret,
      scopes: ["openid", "profile", "email", "groups"],
      groupsClaim: "groups",
      ...more,
    });

  before(async () => {
    browser = await launchBrowser();
    hub = await startRealHub();
    provider = await startProvider({ hubURL: hub.url });
    await settings();
  });
  after(async () => {
    await browser?.close();
    await provider?.close();
    await hub?.close();
  });

  /** Opens a browser of its own for one visitor. */
  async function visitor(t) {
    const opened = await openPage(browser);
    opened.page.setDefaultTimeout(patience);
    t.after(() => opened.context.close());
    return opened;
  }

  /** Signs in on the provider's pages, which ask for a name, a password and consent. */
  async function signInThere(page, name = "anna") {
    await page.locator("input[name=login]").fill(name);
    await page.locator("input[name=password]").fill("any");
    await page.locator("button[type=submit]").click();
    await page.getByText("Authorize").first().waitFor();
    await page.locator("button[type=submit]").click();
  }

  /**
   * Does what makes the browser come back to the hub, and returns where the hub
   * sends it from there. The page itself takes the outcome out of its address.
   */
  async function comeBack(page, act) {
    const back = page.waitForResponse((answer) => answer.url().startsWith(`${hub.url}/api/oidc/callback`));
    const [answer] = await Promise.all([back, act()]);
    await page.waitForLoadState();
    return new URL(await answer.headerValue("location"), hub.url);
  }

  /** Signs in from the start and returns where the hub sends the browser in the end. */
  async function signIn(page, returnTo = "/", name = "anna") {
    await page.goto(`${hub.url}/api/oidc/login?returnTo=${encodeURIComponent(returnTo)}`);
    return comeBack(page, () => signInThere(page, name));
  }

  /** Goes to a callback and returns where the hub sends the browser from there. */
  const follow = (page, callback) => comeBack(page, () => page.goto(callback));

  /** What the hub tells this browser about itself. */
  const status = (context) =>
    context.request.get(`${hub.url}/api/security/status`).then((answer) => answer.json());

  async function assertRefused(context, url, code) {
    assert.equal(url.searchParams.get("oidc"), "error");
    assert.equal(url.searchParams.get("oidc_error"), code);
    assert.equal((await status(context)).oidcUsername, "", "somebody was signed in");
    const cookies = await context.cookies(hub.url);
    assert.ok(!cookies.some((cookie) => cookie.name === "pulse_session"), "a session was opened");
  }

  /** Holds the browser on its way back and returns where it wanted to go. */
  async function intercept(page) {
    const held = provider.holdNext();
    await page.goto(`${hub.url}/api/oidc/login`);
    await signInThere(page);
    return held;
  }

  test("somebody signs in, comes back and signs out", slow, async (t) => {
    const { page, context } = await visitor(t);
    const url = await signIn(page, "/alerts?severity=critical");
    assert.equal(url.pathname, "/alerts");
    assert.equal(url.search, "?oidc=success&severity=critical");
    const seen = await status(context);
    assert.equal(seen.oidcUsername, "anna");
    const cookies = await context.cookies(hub.url);
    const session = cookies.find((cookie) => cookie.name === "pulse_session");
    assert.ok(session.httpOnly);
    assert.equal(session.sameSite, "Lax");
    const csrf = cookies.find((cookie) => cookie.name === "pulse_csrf");
    const signedOut = await context.request.post(`${hub.url}/api/logout`, {
      headers: { "X-CSRF-Token": decodeURIComponent(csrf.value) },
    });
    assert.equal(signedOut.status(), 200, await signedOut.text());
    assert.equal((await status(context)).oidcUsername, "");
  });

  test("the page offers the provider and signs in", slow, async (t) => {
    const { page, context, errors } = await visitor(t);
    await page.goto(hub.url);
    await page
      .locator("a[href*='/api/oidc/login']")
      .or(page.getByRole("button", { name: /single sign-on/i }))
      .first()
      .click();
    await signInThere(page, "ben");
    await eventually(
      () => status(context),
      (seen) => seen.oidcUsername === "ben",
      "ben is not signed in",
    );
    assert.deepEqual(errors, []);
  });

  test("groups decide about the role", slow, async (t) => {
    t.after(() => settings());
    await settings({ roleMapping: [{ group: "operations", role: "viewer" }] });
    const { page, context } = await visitor(t);
    await signIn(page, "/", "cora");
    const refused = await context.request.get(`${hub.url}/api/security/oidc`);
    assert.equal(refused.status(), 403, "a viewer reads the settings");
  });

  test("a session ends when it ends at the provider", slow, async (t) => {
    const { page, context } = await visitor(t);
    await signIn(page, "/", "dora");
    assert.equal((await status(context)).oidcUsername, "dora");
    await page.goto(`${provider.issuer}/session/end`);
    await page.locator("button[value=yes]").click();
    await eventually(
      () => status(context),
      (seen) => seen.oidcUsername === "",
      "the session lives on",
    );
  });

  test("leaving the provider without consent is told", slow, async (t) => {
    const { page, context } = await visitor(t);
    await page.goto(`${hub.url}/api/oidc/login?returnTo=/alerts`);
    const url = await comeBack(page, () => page.getByRole("link", { name: /cancel/i }).click());
    await assertRefused(context, url, "access_denied");
  });

  const lies = [
    { what: "another nonce", lie: { claims: { nonce: "of somebody else" } }, code: "invalid_nonce" },
    { what: "no nonce", lie: { claims: { nonce: undefined } }, code: "invalid_nonce" },
    { what: "another audience", lie: { claims: { aud: "another-client" } }, code: "invalid_id_token" },
    { what: "another issuer", lie: { claims: { iss: "https://evil.example" } }, code: "invalid_id_token" },
    { what: "a token that is over", lie: { claims: { exp: 1 } }, code: "invalid_id_token" },
    { what: "a token signed with the secret", lie: { algorithm: "HS256" }, code: "invalid_signature_alg" },
    { what: "a token that is not signed", lie: { algorithm: "none" }, code: "invalid_signature_alg" },
    {
      what: "an address that is not verified",
      lie: { person: { email_verified: false } },
      more: { allowedEmails: ["anna@example.com"] },
      code: "email_restricted",
    },
    {
      what: "an address at a domain that is not verified",
      lie: { person: { email_verified: false } },
      more: { allowedDomains: ["example.com"] },
      code: "domain_restricted",
    },
    { what: "somebody of no allowed group", more: { allowedGroups: ["owners"] }, code: "group_restricted" },
  ];
  for (const { what, lie, more, code } of lies) {
    test(`${what} is refused as ${code}`, slow, async (t) => {
      t.after(() => {
        provider.lie();
        return settings();
      });
      await settings(more);
      provider.lie(lie);
      const { page, context } = await visitor(t);
      await assertRefused(context, await signIn(page), code);
    });
  }

  test("a callback that was used is refused", slow, async (t) => {
    const first = await visitor(t);
    const callback = await intercept(first.page);
    await first.page.goto(callback);
    assert.equal((await status(first.context)).oidcUsername, "anna");
    const again = await follow(first.page, callback);
    assert.equal(again.searchParams.get("oidc_error"), "invalid_state");
    const second = await visitor(t);
    await assertRefused(second.context, await follow(second.page, callback), "invalid_state");
  });

  test("a callback of another browser is refused, and is void then", slow, async (t) => {
    const attacker = await visitor(t);
    const callback = await intercept(attacker.page);
    const victim = await visitor(t);
    await assertRefused(victim.context, await follow(victim.page, callback), "invalid_state");
    await assertRefused(attacker.context, await follow(attacker.page, callback), "invalid_state");
  });

  test("a callback with the code of another sign-in is refused", slow, async (t) => {
    const attacker = await visitor(t);
    const stolen = new URL(await intercept(attacker.page)).searchParams.get("code");
    const victim = await visitor(t);
    const callback = new URL(await intercept(victim.page));
    callback.searchParams.set("code", stolen);
    await assertRefused(victim.context, await follow(victim.page, callback.href), "exchange_failed");
  });

  test("no way back leads out of the hub", slow, async (t) => {
    const { page } = await visitor(t);
    for (const evil of ["//evil.example", "/\\evil.example", "https://evil.example"]) {
      await page.context().clearCookies();
      const url = await signIn(page, evil);
      assert.equal(url.origin, hub.url);
      assert.equal(url.pathname, "/");
    }
  });
});
