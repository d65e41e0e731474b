// Journeys through the place of alerts, against the fake hub. Run `npm run build` first.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launchBrowser } from "./browser.mjs";
import { assertAccessible, eventually } from "./checks.mjs";
import { startFakePage } from "./fakepage.mjs";

const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
let browser;

before(async () => {
  browser = await launchBrowser();
});
after(() => browser.close());

const start = (t, { path = "/alerts", ...options } = {}) => startFakePage(browser, t, { path, ...options });
const tableOf = (page) => page.getByRole("table", { name: "Active alerts" });
const rowsOf = (page) => tableOf(page).locator("tr.row");
const focusedRow = (page) =>
  page.evaluate(() => document.activeElement?.closest("tr")?.dataset.index ?? "none");

/** The heads of groups with how many are below each. */
const groupsOf = (page) => tableOf(page).locator("tr.group").allInnerTexts();

describe("active alerts", () => {
  test("are live, the worst first, counted in the navigation and in the title", async (t) => {
    const { hub, page, errors } = await start(t, { hub: { alerts: 6 } });
    await eventually(
      () => rowsOf(page).count(),
      (count) => count === 6,
      "six rows",
    );
    const levels = await rowsOf(page).locator("td:first-child .sr-only").allInnerTexts();
    assert.deepEqual(levels, ["Critical", "Critical", "Warning", "Warning", "Warning", "Warning"]);
    await page.getByRole("link", { name: /Alerts 2 critical, 4 warnings/ }).waitFor();
    assert.equal(await page.title(), "(6) Alerts – Pulse");
    hub.alerts.add(hub.resources[20], { id: "new", level: "critical", message: "something new" });
    await tableOf(page).getByText("something new").waitFor();
    await page.getByRole("link", { name: /Alerts 3 critical, 4 warnings/ }).waitFor();
    hub.alerts.resolve("new");
    await tableOf(page).getByText("something new").waitFor({ state: "detached" });
    assert.deepEqual(errors, []);
  });

  test("are acknowledged and taken back by keyboard, one or several", async (t) => {
    const { hub, page } = await start(t, { hub: { alerts: 6 } });
    await rowsOf(page).first().locator("[data-row-link]").focus();
    await page.keyboard.press("ArrowDown");
    await eventually(
      () => focusedRow(page),
      (index) => index === "1",
      "the second row",
    );
    await page.keyboard.press("a");
    await eventually(
      () => groupsOf(page),
      (all) => all.join() === "Open 5,Acknowledged 1",
      "two groups",
    );
    assert.equal(hub.alerts.list().filter((alert) => alert.acknowledged).length, 1);
    await assertAccessible(page, "alerts, one acknowledged");

    const acknowledged = rowsOf(page).last().locator("[data-row-link]");
    await acknowledged.focus();
    await page.keyboard.press("a");
    await eventually(
      () => groupsOf(page),
      (all) => all.length === 0,
      "one group again",
    );

    await rowsOf(page).first().locator("[data-row-link]").focus();
    await page.keyboard.press("x");
    await page.keyboard.press("ArrowDown");
    await eventually(
      () => focusedRow(page),
      (index) => index === "1",
      "the second row",
    );
    await page.keyboard.press("x");
    await page.getByText("2 selected").waitFor();
    await page.keyboard.press("a");
    await eventually(
      () => groupsOf(page),
      (all) => all.join() === "Open 4,Acknowledged 2",
      "two of them",
    );

    await page.getByRole("checkbox", { name: "Select all" }).check();
    await page.getByText("6 selected").waitFor();
    await page.getByRole("button", { name: "Acknowledge", exact: true }).click();
    await eventually(
      () => groupsOf(page),
      (all) => all.join() === "Acknowledged 6",
      "all of them",
    );
    assert.equal(await page.title(), "Alerts – Pulse");
  });

  test("come back with the reason when the hub refuses", async (t) => {
    const { hub, page } = await start(t, { hub: { alerts: 3 } });
    hub.alerts.refuse(true);
    await rowsOf(page)
      .first()
      .getByRole("button", { name: /^Clear: Disk/ })
      .click();
    await page.getByText("Disk of web-fra-01 could not be cleared.").waitFor();
    await page.getByText("This needs the permission monitoring:write.").waitFor();
    assert.equal(await rowsOf(page).count(), 3);
    await assertAccessible(page, "a refused order");
    await page.getByRole("button", { name: "Dismiss" }).click();
    hub.alerts.refuse(false);
    await rowsOf(page)
      .first()
      .getByRole("button", { name: /^Clear: Disk/ })
      .click();
    await eventually(
      () => rowsOf(page).count(),
      (count) => count === 2,
      "one less",
    );
  });

  test("are filtered by words, level and type, as the address bar says", async (t) => {
    const { page } = await start(t, { hub: { alerts: 20 } });
    await page.getByRole("button", { name: "Critical", exact: true }).click();
    await page.getByText("5 of 20", { exact: true }).waitFor();
    await page.getByRole("combobox", { name: "Type" }).selectOption({ label: "CPU" });
    await page.waitForURL(/level=critical.*type=cpu|type=cpu.*level=critical/);
    await page.keyboard.press("/");
    await page.keyboard.type("no such thing");
    await page.getByText("No alert matches these filters.").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await eventually(
      () => rowsOf(page).count(),
      (count) => count > 10,
      "all of them again",
    );
    await page.getByRole("button", { name: "Since" }).click();
    await page.waitForURL(/sort=since/);
  });

  test("are a thousand without a thousand rows", async (t) => {
    const { page } = await start(t, { hub: { hosts: 1100, nodes: 0, alerts: 1000 } });
    await page.getByText("1,000", { exact: true }).waitFor();
    assert.ok((await rowsOf(page).count()) < 60, "too many rows in the document");
    await rowsOf(page).first().locator("[data-row-link]").focus();
    await page.keyboard.press("End");
    await eventually(
      () => focusedRow(page),
      (index) => index === "999",
      "the last row",
    );
    await page.getByRole("checkbox", { name: "Select all" }).check();
    await page.getByText("1,000 selected").waitFor();
    await page.getByRole("button", { name: "Acknowledge", exact: true }).click();
    await eventually(
      () => page.title(),
      (title) => title === "Alerts – Pulse",
      "some that nobody takes care of",
    );
  });

  test("say so when there are none, and that nobody is told until it is begun", async (t) => {
    const { hub, page } = await start(t, { hub: { alerts: 0 } });
    await page.getByText("No active alerts").waitFor();
    await page.getByText("Nobody is told of alerts yet.").waitFor();
    await assertAccessible(page, "no alerts");
    hub.alerts.refuse(true);
    await page.getByRole("button", { name: "Begin to notify" }).click();
    await page.getByText("Notifying could not be begun.").waitFor();
    hub.alerts.refuse(false);
    await page.getByRole("button", { name: "Begin to notify" }).click();
    await page.getByText("Nobody is told of alerts yet.").waitFor({ state: "detached" });
  });
});

describe("why", () => {
  test("opens from a row, with numbers, chart, timeline and what it hides", async (t) => {
    const { page, errors } = await start(t, { hub: { alerts: 6 } });
    await rowsOf(page).first().locator("[data-row-link]").focus();
    await page.keyboard.press("Enter");
    const drawer = page.getByRole("complementary", { name: "Why: Disk of web-fra-01" });
    await drawer.getByText("rule “night shift”").waitFor();
    await drawer
      .getByRole("img", { name: /Chart of Disk/ })
      .locator("canvas")
      .waitFor();
    await drawer.getByText("Nobody is told: notifying has not begun yet.").waitFor();
    assert.match(page.url(), /alert=host-0/);
    await assertAccessible(page, "why");
    await drawer.getByRole("button", { name: "Acknowledge" }).click();
    await drawer.getByText(/Acknowledged by ann, /).waitFor();
    await drawer.getByRole("listitem").getByText("by ann").waitFor();
    await drawer.getByRole("button", { name: "Memory of db-fra-01" }).click();
    await page.getByRole("complementary", { name: "Why: Memory of db-fra-01" }).waitFor();
    await page.getByRole("complementary").getByRole("button", { name: "db-fra-01", exact: true }).click();
    const details = page.getByRole("complementary", { name: "Details of db-fra-01" });
    await details.getByRole("link", { name: /memory at 93.4/ }).click();
    await page.getByRole("complementary", { name: "Why: Memory of db-fra-01" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("complementary", { name: /Why/ }).waitFor({ state: "detached" });
    assert.ok(!page.url().includes("alert="), page.url());
    assert.deepEqual(errors, []);
  });

  test("says so of an alert that the hub does not know", async (t) => {
    const { page } = await start(t, { path: "/alerts?alert=unknown" });
    await page.getByText("The hub knows nothing of this alert any more.").waitFor();
  });
});

describe("the history", () => {
  test("has a time span, levels and pages", async (t) => {
    const { page } = await start(t);
    await page.getByRole("button", { name: "History" }).click();
    const table = page.getByRole("table", { name: "Past alerts" });
    await table.getByText("back to normal").first().waitFor();
    await page.getByText("1 to 100", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Older" }).click();
    await page.getByText("101 to 120", { exact: true }).waitFor();
    await page.getByRole("button", { name: "24 h" }).click();
    await page.waitForURL(/range=day/);
    await page.getByText("101 to 120", { exact: true }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Critical", exact: true }).click();
    await eventually(
      () => table.locator("tr.row td:first-child .sr-only").allInnerTexts(),
      (levels) => levels.length > 0 && levels.every((level) => level === "Critical"),
      "critical ones only",
    );
    await assertAccessible(page, "the history of alerts");
    await table.locator("[data-row-link]").last().click();
    await page.getByRole("complementary", { name: /Why/ }).waitFor();
    await page.getByText("This alert").first().waitFor();
  });
});

describe("elsewhere", () => {
  test("rows, details and the overview show the alerts of a resource", async (t) => {
    const { page } = await start(t, { path: "/hosts?q=web-fra-01", hub: { alerts: 3 } });
    const row = page.locator('[data-resource="host-0"]');
    await row.getByText("1 alert").waitFor({ state: "attached" });
    await row.locator("[data-row-link]").click();
    await page
      .getByRole("complementary", { name: /Details/ })
      .getByRole("link", { name: /disk at 93.4/ })
      .waitFor();
    await page.getByRole("link", { name: "Overview" }).filter({ visible: true }).click();
    await page.getByRole("link", { name: /web-fra-01.*disk at 93.4/ }).click();
    await page.getByRole("complementary", { name: "Why: Disk of web-fra-01" }).waitFor();
  });

  for (const colorScheme of ["dark", "light"]) {
    test(`a phone has cards, and why over the page, ${colorScheme}`, async (t) => {
      const { page } = await start(t, { hub: { alerts: 8 }, colorScheme, ...phone });
      const list = page.getByRole("list", { name: "Active alerts" });
      await list.getByText("Disk").first().waitFor();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
      await assertAccessible(page, "alerts on a phone");
      await list.getByRole("checkbox").first().tap();
      await page.getByText("1 selected").waitFor();
      await page.getByRole("button", { name: "Acknowledge", exact: true }).tap();
      await list.getByText("Acknowledged").waitFor();
      // Cards lie one below the other, however high what stands above them is.
      const gaps = () =>
        list.locator("li").evaluateAll((all) => {
          const boxes = all.map((item) => item.getBoundingClientRect()).sort((a, b) => a.top - b.top);
          return boxes.slice(1).map((box, index) => Math.round(box.top - boxes[index].bottom));
        });
      await eventually(gaps, (all) => all.every((gap) => gap === 0), "gaps between cards");
      await list
        .getByRole("button", { name: /Memory/ })
        .first()
        .tap();
      await page.getByRole("complementary", { name: /Why/ }).getByRole("img").first().waitFor();
      await assertAccessible(page, "why on a phone");
    });
  }
});
