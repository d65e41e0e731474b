// Journeys against the programs themselves: a hub and the agent of this
// machine, and a hub in mock mode. Run `make build` first.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launchBrowser, openPage } from "./browser.mjs";
import { assertAccessible, eventually, live, patience } from "./checks.mjs";
import { assertBuilt, startRealHub } from "./realhub.mjs";

assertBuilt();
const hostname = "this-machine";
let browser;

before(async () => {
  browser = await launchBrowser();
});
after(() => browser.close());

/** Starts a hub and opens its page; both end with the test. */
async function start(t, { path = "/", ...options } = {}) {
  const hub = await startRealHub(options);
  t.after(() => hub.close());
  const { page, context, errors } = await openPage(browser);
  page.setDefaultTimeout(patience);
  t.after(() => context.close());
  await page.goto(`${hub.url}${path}#token=${hub.token}`);
  return { hub, page, errors };
}

/** The text of a host's cell under the column of this title. */
async function cellOf(page, column) {
  const titles = await page.locator("thead th").allInnerTexts();
  const at = titles.indexOf(column);
  assert.ok(at >= 0, `no column ${column} among ${titles}`);
  return page.locator(`tr.row td:nth-child(${at + 1})`).first();
}

/** The number under a column changes; one that is at its end, on a busy machine, has nowhere to go. */
async function assertMoving(page, column) {
  const cell = await cellOf(page, column);
  const read = async () => (await cell.textContent()).trim();
  const first = await eventually(read, (text) => /\d/.test(text), `${column} has no number`);
  const moved = (text) => /\d/.test(text) && (text !== first || text === "100%");
  await eventually(read, moved, `${column} stands still`);
}

/** How many points the processor's chart has, and when the oldest was measured. */
function chartOf(page) {
  const chart = page.getByRole("img", { name: /Chart of CPU/ });
  const attribute = async (name) => Number(await chart.getAttribute(`data-${name}`));
  return { points: () => attribute("points"), oldest: () => attribute("from") };
}

async function hostId(page) {
  return page.locator("tr.row[data-resource]").first().getAttribute("data-resource");
}

async function storedPoints(hub, id) {
  const metrics = await hub.history({ resourceType: "host", resourceId: id, range: "1h" });
  return metrics.cpu?.length ?? 0;
}

describe("a hub and the agent of this machine", () => {
  test("show it live, and get over a killed hub without losing history", { timeout: 180_000 }, async (t) => {
    const { hub, page, errors } = await start(t, { path: "/hosts" });
    await page.getByText("No host has reported yet").waitFor();
    await page.getByText(`pulse-agent --url ${hub.url} --token YOUR_TOKEN`).waitFor();
    hub.startAgent({ hostname });
    await page.getByRole("button", { name: hostname }).waitFor();
    await live(page).waitFor();
    for (const column of ["Memory", "Disk"]) {
      const bar = await cellOf(page, column);
      await eventually(
        () => bar.textContent(),
        (text) => /\d%/.test(text),
        `${column} has no number`,
      );
    }
    await assertMoving(page, "CPU");
    const rates = await Promise.all(["Net in", "Net out"].map((column) => cellOf(page, column)));
    const network = () => Promise.all(rates.map((cell) => cell.textContent()));
    const before = await eventually(
      network,
      (texts) => texts.every((text) => /\d/.test(text)),
      "no network rates",
    );
    await eventually(network, (texts) => texts.join() !== before.join(), "the network rates stand still");
    await assertMemoryMoves(page);

    const id = await hostId(page);
    await page.getByRole("button", { name: hostname }).click();
    await page.getByRole("complementary", { name: `Details of ${hostname}` }).waitFor();
    const chart = chartOf(page);
    const first = await chart.points();
    await eventually(chart.points, (now) => now > first, "the chart does not grow");
    await eventually(
      () => storedPoints(hub, id),
      (count) => count >= 2,
      "the hub stores no history",
    );
    const oldest = await chart.oldest();

    await hub.crash();
    await page.getByText("Not live: these numbers are").waitFor();
    await assertAccessible(page, "a stale page");
    await hub.start();
    await live(page).waitFor();
    await page.getByText("Not live").waitFor({ state: "detached" });
    await eventually(chart.points, (now) => now >= 2, "the chart is empty after the restart");
    const recovered = await chart.points();
    await eventually(chart.points, (now) => now > recovered, "the chart no longer grows");

    // A new page knows only what the hub kept.
    await page.reload();
    await live(page).waitFor();
    await eventually(
      chart.oldest,
      (at) => at > 0 && at <= oldest,
      "history from before the restart is missing",
    );
    assert.deepEqual(errors, []);
  });
});

async function assertMemoryMoves(page) {
  const width = () => page.locator("tr.row .bar-fill").nth(1).getAttribute("style");
  const first = await width();
  await eventually(width, (now) => now !== first, "the memory bar stands still");
}

describe("a hub in mock mode", () => {
  test("shows nodes, guests, search, charts and no errors", { timeout: 120_000 }, async (t) => {
    const { page, errors } = await start(t, { mock: true, path: "/proxmox" });
    const complaints = [];
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    await live(page).waitFor();
    const nodes = page.getByRole("table", { name: "Proxmox nodes" });
    const guests = page.getByRole("table", { name: "Virtual machines and containers" });
    await eventually(
      () => nodes.locator("tr.row").count(),
      (count) => count >= 3,
      "nodes",
    );
    await eventually(
      () => guests.locator("tr.row").count(),
      (count) => count >= 10,
      "guests",
    );

    await page.getByRole("button", { name: "List", exact: true }).click();
    await page.getByRole("searchbox").fill("type:lxc");
    const types = () => guests.locator("tr.row td:nth-child(4)").allInnerTexts();
    await eventually(types, (all) => all.length > 0 && all.every((text) => text === "LXC"), "types found");
    await page.getByText(/^\d+ of \d+$/).waitFor();

    await guests.locator('tr.row:has-text("Running") [data-row-link]').first().click();
    await page.getByRole("complementary", { name: /Details of/ }).waitFor();
    const chart = chartOf(page);
    await eventually(chart.points, (count) => count >= 2, "the chart has points");
    await assertAccessible(page, "Proxmox with details");
    for (const path of ["/", "/hosts"]) {
      await page
        .getByRole("link", { name: path === "/" ? "Overview" : "Hosts" })
        .first()
        .click();
      await page.waitForURL((url) => url.pathname === path);
      await assertAccessible(page, path);
    }
    assert.deepEqual([...errors, ...complaints], []);
  });

  test("tells of alerts and why, and takes orders about them", { timeout: 120_000 }, async (t) => {
    const { hub, page, errors } = await start(t, { mock: true, path: "/alerts?q=memory" });
    const rows = page.getByRole("table", { name: "Active alerts" }).locator("tr.row");
    // What is measured has to be bad for a while before it is told of.
    const measured = rows.filter({ hasText: "%" }).first();
    await measured.waitFor({ timeout: 60_000 });
    await page.getByRole("link", { name: /Alerts \d+ critical/ }).waitFor();
    await measured.locator("[data-row-link]").click();
    const drawer = page.getByRole("complementary", { name: /^Why: Memory/ });
    await drawer.getByText("the defaults").waitFor();
    await drawer.getByRole("img", { name: "Chart of Memory around its beginning" }).waitFor();
    await drawer.getByText("Nobody is told: notifying has not begun yet.").waitFor();
    await assertAccessible(page, "why");

    await drawer.getByRole("button", { name: "Acknowledge" }).click();
    await drawer
      .getByText(/^Acknowledged by /)
      .first()
      .waitFor();
    await drawer.getByRole("listitem").filter({ hasText: "Acknowledged" }).waitFor();
    const active = await hub.api("GET", "/api/alerts/active");
    assert.equal(active.filter((alert) => alert.acknowledged).length, 1);
    await page.getByRole("button", { name: "Begin to notify" }).click();
    await page.getByText("Nobody is told of alerts yet.").waitFor({ state: "detached" });
    assert.equal((await hub.api("GET", "/api/alerts/config")).activationState, "active");

    await page.getByRole("button", { name: "History" }).click();
    await page.getByRole("table", { name: "Past alerts" }).getByText("goes on").first().waitFor();
    await assertAccessible(page, "the history of alerts");
    assert.deepEqual(errors, []);
  });
});
