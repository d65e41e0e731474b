// Takes the screenshots that a change to the page is judged by, into e2e/out.
import { mkdir } from "node:fs/promises";
import { launchBrowser, openPage } from "./browser.mjs";
import { goodToken, startFakeHub } from "./fakehub.mjs";
import { bootstrapToken } from "./fakesecurity.mjs";

const out = new URL("./out/", import.meta.url).pathname;
await mkdir(out, { recursive: true });
const only = process.argv[2];

/** One that somebody takes care of, and two that are chosen. */
async function acknowledgeOne(page, hub) {
  hub.alerts.answer("POST", "acknowledge", undefined, { id: hub.alerts.list()[1].id });
  await page
    .getByRole("checkbox", { name: /Select (?!all)/ })
    .nth(0)
    .click();
  await page
    .getByRole("checkbox", { name: /Select (?!all)/ })
    .nth(2)
    .click();
}

const shots = [
  { name: "overview", path: "/" },
  { name: "alerts", path: "/alerts", act: acknowledgeOne },
  { name: "alerts-why", path: "/alerts?alert=host-0%2Fdisk", detail: true },
  { name: "alerts-history", path: "/alerts?view=history&range=ever" },
  { name: "hosts", path: "/hosts" },
  { name: "hosts-detail", path: "/hosts?id=host-1", detail: true },
  { name: "hosts-offline", path: "/hosts?id=host-9", detail: true },
  { name: "proxmox", path: "/proxmox" },
  { name: "proxmox-detail", path: "/proxmox?view=list&sort=-cpu&id=homelab-pve1", detail: true },
  { name: "search", path: "/proxmox?q=node%3Apve1%20cpu%3E10&view=list" },
  { name: "services", path: "/services" },
  { name: "services-detail", path: "/services?id=rack-power%2Fups-a", detail: true },
  {
    name: "palette",
    path: "/",
    act: async (page) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").fill("web");
    },
  },
  {
    name: "prefs",
    path: "/",
    act: (page) =>
      page.getByRole("button", { name: "Appearance and language" }).filter({ visible: true }).click(),
  },
  {
    name: "stale",
    path: "/hosts",
    act: async (page, hub) => {
      hub.refuse(true);
      hub.drop();
      await page.getByText("Reconnect now").waitFor();
    },
    last: true,
  },
];
const people = {
  users: [
    { name: "admin", displayName: "Ada", password: "copper lantern drift", passkeys: [] },
    {
      name: "noor",
      password: "x",
      role: "operator",
      lastSignIn: new Date(Date.now() - 86_400_000).toISOString(),
    },
    {
      name: "vera",
      displayName: "Vera",
      password: "x",
      role: "viewer",
      origin: "oidc:default",
      disabled: true,
    },
    {
      name: "greta",
      password: "copper lantern drift",
      role: "viewer",
      origin: "oidc:acme",
      email: "greta@acme.test",
    },
  ],
  passkeys: true,
  providers: [{ id: "default", kind: "oidc", label: "Acme", url: "/api/oidc/login" }],
};

/** What programs want to run. */
const commands = [
  {
    agent: "elsewhere-7f3a",
    command: "apt-get update && apt-get -y upgrade",
    requestedBy: "patch-night",
    state: "allowed",
    decidedBy: "noor",
  },
  {
    agent: "host-1",
    target: "container",
    targetId: "101",
    command: "set -e\nnginx -t\nsystemctl reload nginx",
    reason: "The certificate was renewed.",
  },
];

async function signIn(page, name) {
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill("copper lantern drift");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Before and behind the sign-in; `as` signs in first. */
const securityShots = [
  { name: "first-run", path: "/", security: { firstRun: true }, wait: "Prove that this hub is yours" },
  {
    name: "first-run-account",
    path: "/",
    security: { firstRun: true },
    wait: "Prove that this hub is yours",
    act: async (page) => {
      await page.getByLabel("Bootstrap token").fill(bootstrapToken);
      await page.keyboard.press("Enter");
      await page.getByLabel("Password", { exact: true }).fill("copper lantern");
      await page.getByLabel("Password, once more").fill("copper");
    },
  },
  { name: "sign-in", path: "/", wait: "Sign in with a passkey" },
  { name: "settings-account", path: "/settings", as: true, wait: "This browser" },
  {
    name: "settings-factor",
    path: "/settings",
    as: true,
    wait: "This browser",
    act: (page) => page.getByRole("button", { name: "Set up" }).click(),
  },
  { name: "settings-users", path: "/settings/users", as: true, wait: "Remove noor", label: true },
  {
    name: "settings-role",
    path: "/settings/users",
    as: true,
    wait: "Remove noor",
    label: true,
    act: async (page) => {
      await page.locator("summary", { hasText: "operator" }).click();
      await page.locator("summary", { hasText: "viewer" }).scrollIntoViewIfNeeded();
    },
  },
  { name: "settings-tokens", path: "/settings/tokens", as: true, wait: "Primary token" },
  {
    name: "settings-token-form",
    path: "/settings/tokens",
    as: true,
    wait: "Primary token",
    act: (page) => page.getByRole("button", { name: "Create a token" }).click(),
  },
  { name: "settings-sign-on", path: "/settings/sign-on", as: true, wait: "Client ID" },
  {
    name: "settings-roles",
    path: "/settings/sign-on",
    as: true,
    wait: "Client ID",
    act: async (page) => {
      for (const group of ["pulse-admins", "pulse-ops"]) {
        await page.getByRole("button", { name: "Add a rule" }).click();
        await page.getByPlaceholder("Group").last().pressSequentially(group);
      }
      await page.getByLabel("Everybody else").scrollIntoViewIfNeeded();
    },
  },
  { name: "settings-saml", path: "/settings/sign-on?provider=saml%3A", as: true, wait: "ACS URL" },
  {
    name: "settings-new-provider",
    path: "/settings/sign-on?provider=new%3A",
    as: true,
    wait: "Short name",
  },
  { name: "settings-elsewhere", path: "/settings", as: "greta", wait: "How you sign in" },
  {
    name: "settings-sessions",
    path: "/settings/users",
    as: true,
    wait: "Signed-in browsers",
    act: (page) => page.getByText("This browser").scrollIntoViewIfNeeded(),
  },
  { name: "settings-commands", path: "/settings/commands", as: true, wait: "systemctl" },
  {
    name: "settings-command-run",
    path: "/settings/commands",
    as: true,
    wait: "systemctl",
    act: async (page) => {
      await page.getByRole("button", { name: "Ask for a command" }).click();
      await page.getByRole("textbox", { name: "Command" }).fill("uptime");
      await page.getByRole("button", { name: "Ask", exact: true }).click();
      const own = page.getByRole("listitem").filter({ hasText: "uptime" });
      await own.getByRole("button", { name: "Allow" }).click();
      await own.getByRole("button", { name: "Run" }).click();
      await page.getByText("It ran and ended well").waitFor();
    },
  },
  { name: "settings-licence", path: "/settings/licence", as: true, wait: "Licence key" },
  { name: "settings-transfer", path: "/settings/transfer", as: true, wait: "Download" },
  {
    name: "settings-audit",
    path: "/settings/audit",
    as: true,
    wait: "signed in",
    act: (page) =>
      page
        .getByRole("button", { name: /Show event/ })
        .nth(1)
        .click(),
  },
];
const sizes = [
  { name: "desktop", viewport: { width: 1440, height: 900 } },
  {
    name: "phone",
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    hasTouch: true,
    isMobile: true,
  },
];

const browser = await launchBrowser();
for (const size of sizes) {
  for (const colorScheme of ["dark", "light"]) {
    const { page, context } = await openPage(browser, { ...size, colorScheme });
    for (const shot of shots) {
      if (only && !shot.name.startsWith(only)) continue;
      const hub = await startFakeHub({
        services: true,
        alerts: 24,
        pluginDevelopment: shot.name === "services",
      });
      await page.goto(`${hub.url}${shot.path}#token=${goodToken}`);
      await page.getByText("Live", { exact: true }).filter({ visible: true }).first().waitFor();
      if (shot.detail) await page.locator("figure canvas").first().waitFor();
      await shot.act?.(page, hub);
      await page.waitForTimeout(1200);
      await page.screenshot({ path: `${out}${shot.name}-${size.name}-${colorScheme}.png` });
      await hub.close();
    }
    await context.close();
    for (const shot of securityShots) {
      if (only && !shot.name.startsWith(only)) continue;
      const opened = await openPage(browser, { ...size, colorScheme });
      const hub = await startFakeHub({ services: true, security: shot.security ?? people });
      const before = { name: "noor", role: "viewer", limits: { cpu: 80 } };
      const after = { name: "noor", role: "operator", limits: { cpu: 90 } };
      hub.settings.note({ actor: "admin", kind: "user", what: "changed", subject: "noor", before, after });
      for (const command of commands) hub.settings.ask(command);
      await opened.page.goto(`${hub.url}${shot.path}`);
      if (shot.as) await signIn(opened.page, shot.as === true ? "admin" : shot.as);
      await (shot.label ? opened.page.getByLabel(shot.wait) : opened.page.getByText(shot.wait))
        .first()
        .waitFor();
      await shot.act?.(opened.page);
      await opened.page.waitForTimeout(500);
      await opened.page.screenshot({ path: `${out}${shot.name}-${size.name}-${colorScheme}.png` });
      await opened.context.close();
      await hub.close();
    }
  }
}
const { page, context } = await openPage(browser, { colorScheme: "dark" });
for (const empty of only ? [] : ["/", "/alerts", "/hosts", "/proxmox"]) {
  const hub = await startFakeHub({ hosts: 0, nodes: 0, guests: 0, alerts: 0 });
  await page.goto(hub.url);
  await page.getByLabel("API token").waitFor();
  if (empty === "/") await page.screenshot({ path: `${out}gate-desktop-dark.png` });
  await page.goto(`${hub.url}${empty}#token=${goodToken}`);
  await page.getByText("Live", { exact: true }).filter({ visible: true }).first().waitFor();
  await page.screenshot({ path: `${out}empty${empty.replace("/", "-")}-desktop-dark.png` });
  await hub.close();
}
await context.close();
await browser.close();
