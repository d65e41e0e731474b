// Whole journeys of signing in and of the settings, through the built page in
// the system's Chromium, against the fake hub. Run `npm run build` first.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launchBrowser, openPage } from "./browser.mjs";
import { assertAccessible, eventually, live } from "./checks.mjs";
import { bootstrapToken, goodCode } from "./fakesecurity.mjs";
import * as people from "./people.mjs";

const { admin, password, signIn } = people;

let browser;

before(async () => {
  browser = await launchBrowser();
});
after(() => browser.close());

const start = (t, options) => people.start(browser, t, options);
const enter = (t, options) => people.enter(browser, t, options);

describe("the first run", () => {
  test("goes from the bootstrap token to the first machine", async (t) => {
    const { hub, page, errors } = await start(t, { security: { firstRun: true } });
    await page.getByText("docker exec pulse cat /etc/pulse/.bootstrap_token").waitFor();
    await assertAccessible(page, "the first run");
    const box = page.getByLabel("Bootstrap token");
    await box.fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByText("This is not the token.").waitFor();
    await box.fill(bootstrapToken);
    await page.keyboard.press("Enter");

    await page.getByLabel("Password", { exact: true }).fill("short");
    await page.getByText("At least 12 characters; 7 to go.").waitFor();
    assert.ok(await page.getByRole("button", { name: "Continue" }).isDisabled());
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByLabel("Password, once more").fill(password);
    await assertAccessible(page, "the first account");
    await page.keyboard.press("Enter");

    const shown = await page.locator("code").textContent();
    assert.match(shown, /^[0-9a-f]{64}$/);
    await page.getByLabel("I have put it in a safe place").check();
    await page.getByRole("button", { name: "Finish" }).click();
    await page.getByRole("button", { name: "Show the command" }).click();
    const command = await page.locator("code").textContent();
    const [{ record, secret }] = hub.security.state.tokens;
    assert.deepEqual(record.scopes, ["host-agent:report"]);
    assert.equal(command, `pulse-agent --url ${hub.url} --token ${secret}`);
    await assertAccessible(page, "the end of the first run");
    await page.getByRole("button", { name: "Go to the overview" }).click();
    await live(page).waitFor();
    assert.ok(hub.security.state.tokens.some((token) => token.secret === shown));
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    for (const secretText of [shown, secret, password, bootstrapToken])
      assert.ok(!kept.includes(secretText), "the browser keeps a secret");
    assert.deepEqual(errors, []);
  });
});

describe("signing in", () => {
  test("with a password survives a reload, and ends with signing out", async (t) => {
    const { hub, page, errors } = await start(t);
    await page.getByLabel("User name").waitFor();
    await assertAccessible(page, "the sign-in page");
    await signIn(page, { secret: "wrong" });
    await page.getByText("Attempts left: 4.").waitFor();
    await signIn(page);
    await live(page).waitFor();
    await page.reload();
    await live(page).waitFor();
    hub.security.expireProofs();
    await page.getByRole("button", { name: "Appearance and language" }).filter({ visible: true }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("User name").waitFor();
    assert.equal(hub.security.state.csrfRenewals, 1, "the proof was not renewed once");
    assert.equal(hub.security.state.sessions.size, 0);
    assert.deepEqual(errors, []);
  });

  test("asks for the second factor", async (t) => {
    const { page } = await start(t, { security: { users: [{ ...admin, code: goodCode }] } });
    await signIn(page);
    const code = page.getByLabel("Code");
    await code.fill("000000");
    await page.keyboard.press("Enter");
    await page.getByText("This code is not valid.").waitFor();
    await assertAccessible(page, "the second factor");
    await code.fill(goodCode);
    await page.keyboard.press("Enter");
    await live(page).waitFor();
  });

  test("says when the hub has locked the account", async (t) => {
    const { page } = await start(t);
    for (let times = 0; times < 5; times++) {
      await signIn(page, { secret: `wrong ${times}` });
      await page.getByText(times < 4 ? `Attempts left: ${4 - times}.` : "Try again in 15 min.").waitFor();
    }
    await signIn(page);
    await page.getByText("Try again in 14 min.").waitFor();
  });

  test("a session that ends while the page is open comes back to the gate", async (t) => {
    const { hub, page } = await enter(t);
    hub.security.revoke();
    hub.drop();
    await page.getByText("Your session has ended. Sign in again.").waitFor();
    await signIn(page);
    await live(page).waitFor();
  });

  test("offers a token typed by hand as well", async (t) => {
    const { hub, page } = await start(t);
    const { token } = hub.security.addToken({ name: "by hand" });
    await page.getByRole("button", { name: "Use an API token instead" }).click();
    await page.getByLabel("API token").fill(token);
    await page.keyboard.press("Enter");
    await live(page).waitFor();
  });

  test("with an identity provider tells what went wrong there", async (t) => {
    const providers = [{ id: "default", kind: "oidc", label: "Acme", url: "/api/oidc/login" }];
    const { page } = await start(t, {
      path: "/?oidc=error&oidc_error=email_restricted",
      security: { users: [admin], providers },
    });
    await page.getByText("Your e-mail address is not allowed on this hub.").waitFor();
    await page.getByRole("link", { name: "Continue with Acme" }).waitFor();
    await eventually(
      () => page.url(),
      (url) => !url.includes("oidc"),
      "the address bar keeps the failure",
    );
  });

  for (const [code, words] of [
    ["replayed_response", "was used already. Start again."],
    ["saml_init_failed", "Check its metadata in the settings."],
  ])
    test(`with a SAML provider tells ${code} in words`, async (t) => {
      const { page } = await start(t, { path: `/?saml=error&saml_error=${code}` });
      await page.getByText(words).waitFor();
      await eventually(
        () => page.url(),
        (url) => !url.includes("saml"),
        "the address bar keeps the failure",
      );
    });
});

describe("the settings", () => {
  test("make a token, revoke it by its name, and write both down", async (t) => {
    const { hub, page, errors } = await enter(t);
    await page.getByRole("link", { name: "Settings" }).filter({ visible: true }).click();
    await page.getByRole("link", { name: "API tokens" }).click();
    await page.getByRole("button", { name: "Create a token" }).click();
    await page.getByLabel("Name", { exact: true }).fill("wall screen");
    await page.getByRole("checkbox", { name: "Acknowledge and clear alerts" }).check();
    await page.getByLabel("Expires").selectOption({ label: "After 30 days" });
    await assertAccessible(page, "the form of a token");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByText("It is shown only now").waitFor();
    const secret = await page.locator("code").first().textContent();
    const made = hub.security.state.tokens.find((token) => token.secret === secret);
    assert.deepEqual(made?.record.scopes.toSorted(), ["monitoring:read", "monitoring:write"]);
    const days = (Date.parse(made.record.expiresAt) - Date.now()) / 86_400_000;
    assert.ok(days > 29.9 && days <= 30, `it expires after ${days} days`);
    await page.getByRole("button", { name: "Done" }).click();
    await assertAccessible(page, "the tokens");

    await page.getByRole("button", { name: "Revoke token wall screen" }).click();
    const confirm = page.getByRole("dialog").getByRole("button", { name: "Revoke" });
    assert.ok(await confirm.isDisabled());
    await page.getByLabel("Type wall screen to confirm").fill("wall screen");
    await confirm.click();
    await page.getByText("wall screen", { exact: true }).waitFor({ state: "detached" });
    assert.ok(!hub.security.state.tokens.some((token) => token.secret === secret));

    await page.getByRole("link", { name: "Audit log" }).click();
    await page.getByRole("row", { name: /revoked/ }).waitFor();
    await page.getByLabel("What kind").fill("token");
    await page.keyboard.press("Enter");
    await eventually(
      () => page.url(),
      (url) => url.includes("kind=token"),
      "the filter is not in the address",
    );
    await page.getByRole("row", { name: /signed in/ }).waitFor({ state: "detached" });
    const nextYear = `${new Date().getFullYear() + 1}-01-01`;
    await page.getByLabel("From", { exact: true }).fill(nextYear);
    await page.getByLabel("From", { exact: true }).blur();
    await page.getByText("No event matches these filters.").waitFor();
    assert.ok(page.url().includes(`since=${nextYear}`), page.url());
    await page.getByLabel("From", { exact: true }).fill("2020-02-29");
    await page.getByLabel("To", { exact: true }).fill(nextYear);
    await page.getByLabel("To", { exact: true }).blur();
    await page.getByRole("row", { name: /revoked/ }).waitFor();
    await assertAccessible(page, "the audit log between two days");
    await page.getByRole("button", { name: "24 h" }).click();
    await eventually(
      () => page.url(),
      (url) => url.includes("range=day") && !url.includes("since") && !url.includes("until"),
      "a span does not replace the days",
    );
    await page
      .getByRole("button", { name: /Show event/ })
      .last()
      .click();
    await page.getByRole("rowheader", { name: "name" }).waitFor();
    await assertAccessible(page, "the audit log");
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByText("The log is as it was written.").waitFor();
    hub.settings.state.broken = "the event was changed after it was written";
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByText("tampered with at event 1").waitFor();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Export NDJSON" }).click(),
    ]);
    assert.equal(file.suggestedFilename(), "pulse-audit.ndjson");
    assert.deepEqual(errors, []);
  });

  test("change the password without losing this browser", async (t) => {
    const { hub, page } = await enter(t, { path: "/settings" });
    const card = page.locator("section", { hasText: "Current password" });
    await card.getByLabel("Current password").fill("not it");
    await card.getByLabel("New password").fill("oyster velvet thunder");
    await card.getByLabel("Password, once more").fill("oyster velvet thunder");
    await card.getByRole("button", { name: "Change password" }).click();
    await card.getByText("Current password is incorrect").waitFor();
    await card.getByLabel("Current password").fill(password);
    await card.getByRole("button", { name: "Change password" }).click();
    await card.getByText("The password is changed.").waitFor();
    assert.equal(hub.security.state.users.get("admin").password, "oyster velvet thunder");
    await page.getByText("This browser").waitFor();
    await assertAccessible(page, "the account");
  });

  test("let everybody say how they are called and reached", async (t) => {
    const viewer = { name: "vera", password, role: "viewer", displayName: "Vera" };
    const { hub, page } = await enter(t, {
      path: "/settings",
      security: { users: [admin, viewer] },
      as: { name: "vera" },
    });
    await page.getByText("Off.", { exact: true }).waitFor();
    await page.getByLabel("Display name").fill("Vera M.");
    await page.getByLabel("E-mail address").fill("vera.example.com");
    await page.getByLabel("E-mail address").evaluate((input) => {
      input.type = "text";
    });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("email address is not valid").waitFor();
    await page.getByLabel("E-mail address").fill("vera@example.com");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();
    assert.ok(await page.getByRole("button", { name: "Save" }).isDisabled());
    const saved = hub.security.state.users.get("vera");
    assert.deepEqual([saved.displayName, saved.email], ["Vera M.", "vera@example.com"]);
  });

  test("offer no password or second factor to somebody who signs in elsewhere", async (t) => {
    const guest = { name: "greta", password, role: "viewer", origin: "oidc:acme", email: "greta@acme.test" };
    const { page } = await enter(t, {
      path: "/settings",
      security: { users: [admin, guest] },
      as: { name: "greta" },
    });
    await page.getByText("You sign in through an identity provider (acme).").waitFor();
    assert.ok(await page.getByLabel("E-mail address").isDisabled());
    await page.getByText("This browser").waitFor();
    for (const hidden of ["Current password", "Set up", "Add a passkey"])
      assert.equal(await page.getByText(hidden).count(), 0, `${hidden} is offered`);
    await assertAccessible(page, "an account from elsewhere");
  });

  test("show everybody's sessions to administrators, and end one", async (t) => {
    const { hub, page } = await enter(t, {
      path: "/settings/users",
      security: { users: [admin, { name: "noor", password, role: "operator" }] },
    });
    const other = await openPage(browser);
    t.after(() => other.context.close());
    await other.page.goto(`${hub.url}/settings`);
    await signIn(other.page, { name: "noor" });
    await other.page.getByText("This browser").waitFor();
    await page.reload();
    await page.getByRole("button", { name: /^Sign out: noor, Chrome/ }).click();
    await page.getByRole("button", { name: /^Sign out: noor/ }).waitFor({ state: "detached" });
    assert.deepEqual(
      [...hub.security.state.sessions.values()].map((session) => session.user),
      ["admin"],
    );
    assert.equal(await page.getByRole("button", { name: /^Sign out: admin/ }).count(), 0);
    await assertAccessible(page, "everybody's sessions");
  });

  test("turn the second factor on and off", async (t) => {
    const { hub, page } = await enter(t, { path: "/settings" });
    await page.getByRole("button", { name: "Set up" }).click();
    await page.getByRole("img", { name: "QR code for the authenticator app" }).waitFor();
    await page.getByLabel("Code that the app shows").fill("111111");
    await page.keyboard.press("Enter");
    await page.getByText("The code is not valid").waitFor();
    await page.getByLabel("Code that the app shows").fill(goodCode);
    await page.keyboard.press("Enter");
    await page.getByText("recov-ery07", { exact: true }).waitFor();
    await assertAccessible(page, "the recovery codes");
    await page.getByRole("button", { name: "I have kept them" }).click();
    await page.getByText("On. Recovery codes left: 10.").waitFor();
    assert.equal(hub.security.state.users.get("admin").code, goodCode);
    await page.getByRole("button", { name: "Turn off" }).click();
    await page.getByLabel("Your password, to confirm").fill(password);
    await page.keyboard.press("Enter");
    await page.getByText("Off.", { exact: true }).waitFor();
  });

  test("add a passkey, and sign in with it", async (t) => {
    const { hub, page } = await start(t);
    const local = hub.url.replace("127.0.0.1", "localhost");
    const client = await page.context().newCDPSession(page);
    await client.send("WebAuthn.enable");
    await client.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
      },
    });
    await page.goto(`${local}/settings`);
    await signIn(page);
    const card = page.locator("section", { hasText: "You have no passkey." });
    await card.getByLabel("Name").fill("this laptop");
    await card.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByText("this laptop").waitFor();
    await page.getByRole("button", { name: "Appearance and language" }).filter({ visible: true }).click();
    await page.getByRole("button", { name: "Sign out" }).last().click();
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await live(page).waitFor();
    assert.equal(hub.security.state.sessions.size, 1);
  });

  test("let another person in, with a role of one's own", async (t) => {
    const { hub, page } = await enter(t, { path: "/settings/users" });
    await page.getByRole("button", { name: "Add a role" }).click();
    await page.getByLabel("Name", { exact: true }).fill("night-shift");
    await page.getByRole("checkbox", { name: "Alerts: Change" }).check();
    await assertAccessible(page, "the form of a role");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator("summary", { hasText: "night-shift" }).waitFor();
    await page.getByRole("button", { name: "Add a user" }).click();
    await page.getByLabel("User name").fill("noor");
    await page.getByLabel("Role", { exact: true }).selectOption("night-shift");
    await page.getByLabel("New password").fill("quiet harbour lamp");
    await page.getByLabel("Password, once more").fill("quiet harbour lamp");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByText("noor can now sign in.").waitFor();
    assert.deepEqual(hub.security.state.roles.at(-1).permissions, ["alerts:write"]);
    await page.getByRole("button", { name: "Disable noor" }).click();
    await page.getByRole("button", { name: "Enable noor" }).waitFor();
    await page.getByLabel("Role of admin").selectOption("viewer");
    await page.getByText("The last administrator stays one").waitFor();
    await assertAccessible(page, "the users");
    await page.getByRole("button", { name: "Remove noor" }).click();
    await page.getByLabel("Type noor to confirm").fill("noor");
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await page.getByText("noor", { exact: true }).waitFor({ state: "detached" });
  });

  test("show a viewer their account, and say what else they may not see", async (t) => {
    const viewer = { name: "vera", password, role: "viewer" };
    const { page } = await enter(t, {
      path: "/settings/tokens",
      security: { users: [admin, viewer] },
      as: { name: "vera" },
    });
    await page.getByText("Your role does not allow this.").waitFor();
    await eventually(
      () => page.getByRole("navigation", { name: "Settings" }).getByRole("link").allTextContents(),
      (links) => links.join() === "Your account",
      "a viewer is offered more than they may see",
    );
    await assertAccessible(page, "what a viewer may not see");
  });

  test("activate a licence and remove it", async (t) => {
    const { page } = await enter(t, { path: "/settings/licence" });
    await page.getByLabel("Licence key").fill("nonsense");
    await page.getByRole("button", { name: "Activate" }).click();
    await page.getByText("malformed license key").waitFor();
    await page.getByLabel("Licence key").fill("a.b.c");
    await page.getByRole("button", { name: "Activate" }).click();
    await page.getByText("owner@example.com").waitFor();
    await assertAccessible(page, "the licence");
    await page.getByRole("button", { name: "Remove the licence" }).click();
    await page.getByLabel("Type remove to confirm").fill("remove");
    await page.getByRole("dialog").getByRole("button", { name: "Remove the licence" }).click();
    await page.getByText("No licence.").waitFor();
  });

  test("export the configuration, and show what an import changes before it does", async (t) => {
    const { hub, page } = await enter(t, { path: "/settings/transfer" });
    await page.getByLabel("Passphrase", { exact: true }).first().fill("a good passphrase");
    await page.getByLabel("Passphrase, once more").fill("a good passphrase");
    await page.getByRole("checkbox", { name: "Include people and their password hashes" }).check();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download" }).click(),
    ]);
    assert.deepEqual(hub.settings.state.exports, [{ includeUsers: true }]);
    assert.match(file.suggestedFilename(), /^pulse-config-\d{4}-\d\d-\d\d\.txt$/);
    await page.getByLabel("File").setInputFiles(await file.path());
    await page.getByLabel("Passphrase", { exact: true }).last().fill("the wrong one");
    await page.getByRole("button", { name: "Show what would change" }).click();
    await page.getByText("wrong passphrase").waitFor();
    await page.getByLabel("Passphrase", { exact: true }).last().fill("a good passphrase");
    await page.getByRole("button", { name: "Show what would change" }).click();
    await page.getByText("pve4").waitFor();
    await page.getByText("Unchanged: 12").waitFor();
    await assertAccessible(page, "the plan of an import");
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByLabel("Type import to confirm").fill("import");
    await page.getByRole("dialog").getByRole("button", { name: "Import" }).click();
    await page.getByText("The configuration is imported.").waitFor();
  });
});
