import { openPage } from "./browser.mjs";
import { patience } from "./checks.mjs";
import { goodToken, startFakeHub } from "./fakehub.mjs";

/** Opens the page of a new fake hub, and closes both when the test ends. */
export async function startFakePage(
  browser,
  t,
  { path = "/", hub: amounts = {}, token = goodToken, ...options } = {},
) {
  const hub = await startFakeHub(amounts);
  const { page, context, errors } = await openPage(browser, options);
  page.setDefaultTimeout(patience);
  t.after(async () => {
    await context.close();
    await hub.close();
  });
  await page.goto(`${hub.url}${path}${token ? `#token=${token}` : ""}`);
  return { hub, page, errors };
}
