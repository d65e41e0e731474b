// Takes the pictures of docs/images from a hub in mock mode, once it has
// measured for long enough to draw charts. Run `make build` first.
//
//   node e2e/screenshots.mjs [name of the only place to take]
import { mkdir, stat } from "node:fs/promises";
import { launchBrowser, openPage } from "./browser.mjs";
import { eventually, live } from "./checks.mjs";
import { startRealHub } from "./realhub.mjs";

const out = new URL("../../../docs/images/", import.meta.url).pathname;
const largestBytes = 250_000;
/** One point is kept every ten seconds; this many fill the narrowest chart. */
const enoughPoints = 36;
const gatheringMs = 10 * 60_000;
const guest = "metrics-01";

const desktop = { viewport: { width: 1440, height: 900 } };
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const only = process.argv[2];
const places = [
  { name: "overview", path: "/" },
  { name: "alerts", path: "/alerts", act: waitForRows },
  { name: "proxmox", path: "/proxmox" },
  { name: "hosts", path: "/hosts" },
  { name: "services", path: "/services", act: waitForRows },
  { name: "detail", path: "/proxmox?q=node%3Apve1&sort=-memory", act: openGuest },
].filter((place) => only === undefined || place.name === only);
const phonePlaces = places.filter((place) => place.name === "overview" || place.name === "hosts");

function waitForRows(page) {
  return page.locator("tr.row").first().waitFor();
}

async function openGuest(page) {
  await page.getByRole("button", { name: guest, exact: true }).click();
  await page
    .getByRole("img", { name: /Chart of CPU/ })
    .locator("canvas")
    .waitFor();
}

async function idOf(hub, name) {
  const { page, context } = await openPage(chromium, desktop);
  await page.goto(`${hub.url}/proxmox?q=${name}#token=${hub.token}`);
  const row = page.locator("tr.row", { hasText: name }).first();
  const id = await row.getAttribute("data-resource");
  await context.close();
  return id;
}

async function gather(hub) {
  const resourceId = await idOf(hub, guest);
  const count = async () => {
    const metrics = await hub.history({ resourceType: "container", resourceId, range: "1h" });
    return metrics.cpu?.length ?? 0;
  };
  console.log(`waiting until ${guest} has ${enoughPoints} points`);
  await eventually(count, (points) => points >= enoughPoints, "too little history", gatheringMs);
}

async function shoot(hub, { size, suffix, colorScheme, list }) {
  const { page, context } = await openPage(chromium, { ...size, colorScheme, reducedMotion: "reduce" });
  for (const place of list) {
    await page.goto(`${hub.url}${place.path}#token=${hub.token}`);
    await live(page).waitFor();
    await page.evaluate(() => document.fonts.ready);
    await place.act?.(page);
    // Two frames later what has arrived is drawn.
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    const path = `${out}${place.name}-${suffix}.png`;
    await page.screenshot({ path, animations: "disabled" });
    const { size: bytes } = await stat(path);
    console.log(`${(bytes / 1000).toFixed(0).padStart(5)} kB  ${place.name}-${suffix}.png`);
    if (bytes > largestBytes) throw new Error(`${path} is over ${largestBytes} bytes`);
  }
  await context.close();
}

const hub = await startRealHub({ mock: true });
const chromium = await launchBrowser();
try {
  await mkdir(out, { recursive: true });
  if (places.some((place) => place.name === "detail")) await gather(hub);
  for (const colorScheme of ["dark", "light"]) {
    await shoot(hub, { size: desktop, suffix: colorScheme, colorScheme, list: places });
  }
  await shoot(hub, { size: phone, suffix: "phone-dark", colorScheme: "dark", list: phonePlaces });
} finally {
  await chromium.close();
  await hub.close();
}
