// People in front of the fake hub's page: who they are, and how they come in.
import { live } from "./checks.mjs";
import { startFakePage } from "./fakepage.mjs";

export const password = "copper lantern drift";
export const admin = { name: "admin", password };

/** Opens the page of a hub with people. */
export function start(browser, t, { security = { users: [admin] }, ...options } = {}) {
  return startFakePage(browser, t, { token: "", hub: { security }, ...options });
}

export async function signIn(page, { name = "admin", secret = password } = {}) {
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(secret);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Opens a page and signs in. */
export async function enter(browser, t, options) {
  const opened = await start(browser, t, options);
  await signIn(opened.page, options?.as);
  await live(opened.page).waitFor();
  return opened;
}
