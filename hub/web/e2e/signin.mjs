// Signing in against the hub itself: its first run, a person's session, tokens,
// a second person, and what is written down of all that. Run `make build` first.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launchBrowser, openPage } from "./browser.mjs";
import { assertAccessible, eventually, live, patience } from "./checks.mjs";
import { assertBuilt, startRealHub } from "./realhub.mjs";

assertBuilt();
let browser;

before(async () => {
  browser = await launchBrowser();
});
after(() => browser.close());

const password = "copper lantern drift";

async function signIn(page, name = "admin", secret = password) {
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(secret);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

async function signOut(page) {
  await page.getByRole("button", { name: "Appearance and language" }).filter({ visible: true }).click();
  await page.getByRole("button", { name: "Sign out" }).last().click();
  await page.getByLabel("User name").waitFor();
}

async function open(t, url) {
  const { page, context, errors } = await openPage(browser);
  page.setDefaultTimeout(patience);
  t.after(() => context.close());
  await page.goto(url);
  return { page, errors };
}

test("from the first run to people, tokens and the log of it all", { timeout: 300_000 }, async (t) => {
  const hub = await startRealHub({ mock: true, settings: { API_TOKENS: "" } });
  t.after(() => hub.close());
  const { page, errors } = await open(t, hub.url);

  await page.getByLabel("Bootstrap token").fill("0".repeat(48));
  await page.keyboard.press("Enter");
  await page.getByText("This is not the token.").waitFor();
  await page
    .getByLabel("Bootstrap token")
    .fill(readFileSync(join(hub.dataDir, ".bootstrap_token"), "utf8").trim());
  await page.keyboard.press("Enter");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByLabel("Password, once more").fill(password);
  await page.keyboard.press("Enter");
  await page.getByLabel("I have put it in a safe place").check();
  const first = await page.locator("code").textContent();
  await page.getByRole("button", { name: "Finish" }).click();
  await page.getByRole("button", { name: "Show the command" }).click();
  assert.match(await page.locator("code").textContent(), /--token [0-9a-f]{64}$/);
  await page.getByRole("button", { name: "Go to the overview" }).click();
  await live(page).waitFor();
  const answer = await fetch(`${hub.url}/api/state/summary`, { headers: { "X-API-Token": first } });
  assert.equal(answer.status, 200, "the token of the first run does not work");

  await page.reload();
  await live(page).waitFor();
  await signOut(page);
  await signIn(page, "admin", "not the password");
  await page.getByText("Attempts left: 4.").waitFor();
  await signIn(page);
  await live(page).waitFor();

  await page.goto(`${hub.url}/settings/tokens`);
  await page.getByRole("button", { name: "Create a token" }).click();
  await page.getByLabel("Name", { exact: true }).fill("wall screen");
  await page.getByLabel("Expires").selectOption({ label: "After 30 days" });
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByText("It is shown only now").waitFor();
  const secret = await page.locator("code").first().textContent();
  const asToken = () =>
    fetch(`${hub.url}/api/state/summary`, { headers: { "X-API-Token": secret } }).then(
      (response) => response.status,
    );
  assert.equal(await asToken(), 200);
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Revoke token wall screen" }).click();
  await page.getByLabel("Type wall screen to confirm").fill("wall screen");
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("wall screen", { exact: true }).waitFor({ state: "detached" });
  assert.equal(await asToken(), 401);
  await assertAccessible(page, "the tokens");

  await page.getByRole("link", { name: "Users and roles" }).click();
  await page.getByRole("button", { name: "Add a user" }).click();
  await page.getByLabel("User name").fill("vera");
  await page.getByLabel("New password").fill("quiet harbour lamp");
  await page.getByLabel("Password, once more").fill("quiet harbour lamp");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByText("vera can now sign in.").waitFor();
  const other = await open(t, `${hub.url}/settings/audit`);
  await signIn(other.page, "vera", "quiet harbour lamp");
  await other.page.getByText("Your role does not allow this.").waitFor();
  await page.reload();
  await page.getByRole("button", { name: /^Sign out: vera/ }).waitFor();
  await page.getByRole("button", { name: "Disable vera" }).click();
  await page.getByRole("button", { name: "Enable vera" }).waitFor();
  await other.page.reload();
  await other.page.getByLabel("User name").waitFor();

  await page.getByRole("link", { name: "Your account" }).click();
  await page.getByText("This browser").waitFor();
  await page.getByLabel("Display name").fill("Ada");
  await page.getByLabel("E-mail address").fill("ada@example.com");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  await page.getByRole("button", { name: "Set up" }).click();
  await page.getByRole("img", { name: "QR code for the authenticator app" }).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  const card = page.locator("section", { hasText: "Current password" });
  await card.getByLabel("Current password").fill(password);
  await card.getByLabel("New password").fill("oyster velvet thunder");
  await card.getByLabel("Password, once more").fill("oyster velvet thunder");
  await card.getByRole("button", { name: "Change password" }).click();
  await card.getByText("The password is changed.").waitFor();
  await assertAccessible(page, "the account");

  await page.getByRole("link", { name: "Audit log" }).click();
  for (const what of [/wall screen/, /vera/, /password changed/])
    await page.getByRole("row", { name: what }).first().waitFor();
  await page.getByRole("button", { name: "Verify" }).click();
  await page.getByText("The log is as it was written.").waitFor();
  const said = await page.locator("main").textContent();
  for (const hidden of [password, secret, first])
    assert.ok(!said.includes(hidden), "a secret is in the audit log");
  await assertAccessible(page, "the audit log");

  for (const [place, text] of [
    ["Commands", "No command waits."],
    ["Single sign-on", "Issuer URL"],
    ["Licence", "Licence key"],
    ["Export and import", "Show what would change"],
  ]) {
    await page.getByRole("link", { name: place }).click();
    await page.getByText(text).first().waitFor();
  }
  await page.goto(`${hub.url}/settings/sign-on`);
  await page.getByRole("button", { name: "Add a provider" }).click();
  await page.getByLabel("Short name").fill("acme");
  await page.getByLabel("Issuer URL").fill("https://id.acme.test");
  await page.getByRole("button", { name: "Add a rule" }).click();
  await page.getByLabel("Group of rule 1").fill("ops");
  await page.getByLabel("Role of rule 1").selectOption("operator");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("link", { name: "acme" }).waitFor();
  await page.reload();
  assert.equal(await page.getByLabel("Group of rule 1").inputValue(), "ops");
  await page.getByRole("link", { name: "SAML" }).click();
  await page.getByText(`${hub.url}/api/saml/acs`).waitFor();
  await page.goto(`${hub.url}/settings/commands`);
  await page.getByRole("button", { name: "Ask for a command" }).click();
  await page.getByRole("textbox", { name: "Command" }).fill("uptime");
  await page.getByRole("textbox", { name: "Why" }).fill("to see");
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("button", { name: "Run" }).click();
  // Machines that are made up have no agent that is connected.
  await page.getByRole("alert").waitFor();
  await assertAccessible(page, "the commands");
  await eventually(
    () => errors,
    (list) => list.length === 0,
    "the page has errors",
  );
  assert.deepEqual(other.errors, []);
});
