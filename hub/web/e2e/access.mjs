// Journeys through the settings that decide who comes in from elsewhere and what
// runs on machines, on the built page in the system's Chromium, against the fake
// hub. Run `npm run build` first.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launchBrowser } from "./browser.mjs";
import { assertAccessible, eventually } from "./checks.mjs";
import * as people from "./people.mjs";

let browser;

before(async () => {
  browser = await launchBrowser();
});
after(() => browser.close());

const enter = (t, options) => people.enter(browser, t, options);

describe("single sign-on", () => {
  test("set single sign-on up, unless the environment has", async (t) => {
    const { hub, page } = await enter(t, { path: "/settings/sign-on" });
    await page.getByRole("checkbox", { name: "Let people sign in through this provider" }).check();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("issuer URL is required").waitFor();
    await page.getByLabel("Issuer URL").fill("https://id.example.com");
    await page.getByLabel("Client ID").fill("pulse");
    await page.getByLabel("Client secret").fill("very secret");
    await page.getByLabel("Groups that may sign in").fill("ops\n\n ops \nadmins");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();
    assert.deepEqual(hub.settings.state.oidc.allowedGroups, ["ops", "admins"]);
    await page.getByText("A secret is set.").waitFor();
    await page.getByRole("button", { name: "Test the provider" }).click();
    await page.getByText("The provider answers.").waitFor();
    await assertAccessible(page, "single sign-on");
    hub.settings.state.locked = { issuerUrl: true };
    await page.reload();
    await page.getByText("come from the environment").waitFor();
    assert.ok(await page.getByLabel("Issuer URL").isDisabled());
  });

  test("give roles by groups, in an order", async (t) => {
    const { hub, page } = await enter(t, { path: "/settings/sign-on" });
    await page.getByText("everybody who may sign in through this provider is an administrator").waitFor();
    for (const [number, group, role] of [
      [1, "pulse-viewers", "viewer"],
      [2, "pulse-ops", "operator"],
    ]) {
      await page.getByRole("button", { name: "Add a rule" }).click();
      await page.getByLabel(`Group of rule ${number}`).pressSequentially(group);
      await page.getByLabel(`Role of rule ${number}`).selectOption(role);
    }
    await page.getByText("name the claim with the groups below").waitFor();
    assert.equal(await page.getByText("is an administrator").count(), 0);
    await page.getByRole("button", { name: "Move rule 2 up" }).click();
    await page.getByLabel("Everybody else").selectOption({ label: "May not sign in" });
    await page.getByText("Claims and certificates").click();
    await page.getByLabel("Claim with the groups").fill("groups");
    await page.getByText("name the claim with the groups below").waitFor({ state: "detached" });
    await assertAccessible(page, "the rules for roles");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();
    assert.deepEqual(hub.settings.state.oidc.roleMapping, [
      { group: "pulse-ops", role: "operator" },
      { group: "pulse-viewers", role: "viewer" },
    ]);
    await page.reload();
    assert.equal(await page.getByLabel("Group of rule 1").inputValue(), "pulse-ops");
    await page.getByRole("button", { name: "Remove rule 1" }).click();
    assert.equal(await page.getByLabel("Group of rule 1").inputValue(), "pulse-viewers");
  });

  test("add another identity provider, test it, and remove it", async (t) => {
    const { hub, page } = await enter(t, { path: "/settings/sign-on" });
    await page.getByRole("button", { name: "Add a provider" }).click();
    await page.getByLabel("Short name").fill("Not One");
    await page.getByText("no dash first").waitFor();
    assert.ok(await page.getByRole("button", { name: "Save" }).isDisabled());
    await page.getByLabel("Short name").fill("acme");
    await page.getByRole("checkbox", { name: "Let people sign in through this provider" }).check();
    await page.getByLabel("Issuer URL").fill("https://id.acme.test");
    await page.getByLabel("Client ID").fill("pulse");
    await page.getByLabel("Name on the sign-in page").fill("Acme");
    await assertAccessible(page, "a new provider");
    await page.getByRole("button", { name: "Save" }).click();
    const list = page.getByRole("navigation", { name: "Identity providers" });
    await list.getByRole("link", { name: "Acme", exact: false, current: "page" }).waitFor();
    assert.equal(hub.settings.state.providers.get("acme").issuerUrl, "https://id.acme.test");
    await page.getByRole("button", { name: "Test the provider" }).click();
    assert.equal(
      await page.getByRole("link", { name: "Go through a sign-in" }).getAttribute("href"),
      "https://id.acme.test/authorize?client_id=pulse",
    );
    await list.getByRole("link", { name: "OpenID Connect" }).click();
    await eventually(
      () => page.getByLabel("Issuer URL").inputValue(),
      (value) => value === "",
      "the form of the other provider stays",
    );
    await list.getByRole("link", { name: "Acme" }).click();
    await page.getByRole("button", { name: "Remove the provider" }).click();
    await page.getByLabel("Type acme to confirm").fill("acme");
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await list.getByRole("link", { name: "Acme" }).waitFor({ state: "detached" });
    assert.equal(hub.settings.state.providers.size, 0);
  });

  test("set SAML up from a file", async (t) => {
    const { hub, page } = await enter(t, { path: "/settings/sign-on" });
    await page.getByRole("link", { name: "SAML" }).click();
    await page.getByText("http://pulse.example.lan:7655/api/saml/acs", { exact: true }).waitFor();
    await page.getByRole("checkbox", { name: "Let people sign in through this provider" }).check();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("is not the XML it should be").waitFor();
    const xml = '<EntityDescriptor entityID="https://idp.example.com"/>';
    await page
      .getByLabel("Or read it from a file:")
      .setInputFiles({ name: "idp.xml", mimeType: "application/xml", buffer: Buffer.from(xml) });
    await eventually(
      () => page.getByLabel("Metadata of the provider").inputValue(),
      (value) => value === xml,
      "the file is not read",
    );
    await page.getByLabel("Everybody else").selectOption("viewer");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();
    await page.getByRole("link", { name: "SAML on" }).waitFor();
    assert.equal(hub.settings.state.saml.idpMetadata, xml);
    assert.equal(hub.settings.state.saml.defaultRole, "viewer");
    assert.match(
      await page.getByRole("link", { name: "Go through a sign-in" }).getAttribute("href"),
      /^\/api\/saml\/login\?returnTo=%2Fsettings%2Fsign-on/,
    );
    await assertAccessible(page, "SAML");
  });
});

describe("commands", () => {
  test("allow exactly the command that somebody asks for, and run an own one", async (t) => {
    const { hub, page } = await enter(t, { path: "/settings/commands" });
    await page.getByText("No command waits.").waitFor();
    const command = "set -e\n  systemctl restart   nginx";
    hub.settings.ask({
      agent: "host-1",
      command,
      target: "container",
      targetId: "101",
      reason: "certificate was renewed",
    });
    const row = page.getByRole("list", { name: "Commands" }).getByRole("listitem");
    await row.getByText("certificate was renewed").waitFor();
    assert.equal(await row.locator("pre").textContent(), command);
    await row.getByText("in container 101").waitFor();
    await row.getByText("maintenance").waitFor();
    await assertAccessible(page, "the commands");
    await row.getByRole("button", { name: "Allow" }).click();
    await row.getByText("Only maintenance can run it.").waitFor();
    assert.equal(hub.settings.state.approvals[0].state, "allowed");
    assert.equal(await row.getByRole("button", { name: "Run" }).count(), 0);

    await page.getByRole("button", { name: "Ask for a command" }).click();
    await page.getByRole("textbox", { name: "Command" }).fill("uptime");
    await page.getByRole("textbox", { name: "Why" }).fill("to see");
    await assertAccessible(page, "the form of a command");
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    const own = row.filter({ hasText: "to see" });
    await own.getByRole("button", { name: "Allow" }).click();
    await own.getByRole("button", { name: "Run" }).click();
    await page.getByText("It ran and ended well after 1.2 s.").waitFor();
    await page.getByText("ran uptime").waitFor();
    await own.waitFor({ state: "detached" });
    await assertAccessible(page, "what became of a command");
    hub.settings.ask({ agent: "elsewhere", command: "id" });
    const third = row.filter({ hasText: "elsewhere" });
    await third.getByText("Unknown machine").waitFor();
    await third.getByRole("button", { name: "Deny" }).click();
    await third.getByText("Denied by admin.").waitFor();
  });
});
