// Whole journeys through the built page in the system's Chromium, against the
// fake hub. Run `npm run build` first.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launchBrowser } from "./browser.mjs";
import { assertAccessible, eventually, live } from "./checks.mjs";
import { goodToken } from "./fakehub.mjs";
import { startFakePage } from "./fakepage.mjs";

let browser;

before(async () => {
  browser = await launchBrowser();
});
after(() => browser.close());

const start = (t, options) => startFakePage(browser, t, options);

describe("the gate", () => {
  test("refuses a wrong token, lets the right one in, and keeps it for the tab", async (t) => {
    const { page, errors } = await start(t, { token: "" });
    const box = page.getByLabel("API token");
    await box.fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByText("The hub does not know this token.").waitFor();
    await box.fill(goodToken);
    await page.getByRole("button", { name: "Continue" }).click();
    await live(page).waitFor();
    await page.reload();
    await live(page).waitFor();
    assert.deepEqual(errors, []);
  });

  test("takes a token from the fragment and removes it from the address bar", async (t) => {
    const { page } = await start(t);
    await live(page).waitFor();
    assert.ok(!page.url().includes(goodToken), page.url());
  });

  test("comes back with a clear message when the token is withdrawn", async (t) => {
    const { hub, page } = await start(t);
    await live(page).waitFor();
    hub.revoke();
    hub.drop();
    await page.getByText("The hub no longer accepts the token.").waitFor();
  });
});

describe("live data", () => {
  test("numbers move, and a new host appears the second it reports", async (t) => {
    const { hub, page } = await start(t, { path: "/hosts" });
    const cell = page.locator('[data-resource="host-1"] [data-tip="memory"]');
    const width = () => cell.locator(".bar-fill").getAttribute("style");
    const first = await width();
    await eventually(width, (now) => now !== first, "the memory bar stands still");
    hub.add({ ...hub.resources[0], id: "host-new", name: "aaa-new-host", displayName: "aaa-new-host" });
    await page.getByRole("button", { name: "aaa-new-host" }).waitFor();
  });

  test("a lost connection shows the age of the numbers, then recovers", async (t) => {
    const { hub, page } = await start(t, { path: "/hosts" });
    await live(page).waitFor();
    hub.refuse(true);
    hub.drop();
    await page.getByText("Not live: these numbers are").waitFor();
    assert.equal(await page.locator("[data-freshness]").getAttribute("data-freshness"), "stale");
    await assertAccessible(page, "a stale page");
    hub.refuse(false);
    await live(page).waitFor();
    await page.getByText("Not live").waitFor({ state: "detached" });
  });
});

describe("details", () => {
  test("open from a row, are in the address bar, grow live, and close with Escape", async (t) => {
    const { page, errors } = await start(t, { path: "/hosts" });
    await page.getByRole("button", { name: "build-ams-01" }).click();
    await page.getByRole("complementary", { name: "Details of build-ams-01" }).waitFor();
    assert.match(page.url(), /id=host-13/);
    const chart = page.getByRole("img", { name: /Chart of CPU/ });
    const points = async () => Number(await chart.getAttribute("data-points"));
    const first = await points();
    await eventually(points, (now) => now > first, "the chart does not grow");
    await page.getByRole("button", { name: "7 d" }).click();
    await page.getByRole("img", { name: "Chart of CPU over the last 7 d" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("complementary", { name: /Details/ }).waitFor({ state: "detached" });
    assert.ok(!page.url().includes("id="), page.url());
    assert.deepEqual(errors, []);
  });

  test("follow the arrow keys", async (t) => {
    const { page } = await start(t, { path: "/hosts" });
    await page.getByRole("button", { name: "build-ams-01" }).click();
    await page.getByRole("complementary", { name: "Details of build-ams-01" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.getByRole("complementary", { name: "Details of build-fra-01" }).waitFor();
    await page.goBack();
    await page.getByRole("complementary", { name: /Details/ }).waitFor({ state: "detached" });
  });
});

describe("finding things", () => {
  test("search narrows the guests, is kept in the address bar, and says when nothing matches", async (t) => {
    const { page } = await start(t, { path: "/proxmox" });
    await page.getByRole("searchbox").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("node:pve1 type:lxc");
    const table = page.getByRole("table", { name: "Virtual machines and containers" });
    await eventually(
      () => table.locator("tr.group").count(),
      (count) => count === 1,
      "groups of one node",
    );
    assert.match(decodeURIComponent(page.url()), /q=node:pve1[+ ]type:lxc/);
    await page.reload();
    await eventually(
      () => table.locator("tr.group").count(),
      (count) => count === 1,
      "groups after a reload",
    );
    await page.getByRole("searchbox").fill("no-such-guest");
    await page.getByText("Nothing matches “no-such-guest”.").waitFor();
    await page.getByRole("button", { name: "Clear search" }).last().click();
    await table.waitFor();
  });

  test("a click on a column sorts, and says so", async (t) => {
    const { page } = await start(t, { path: "/hosts" });
    await page.getByRole("button", { name: "CPU", exact: true }).click();
    await page.locator('th[aria-sort="descending"]', { hasText: "CPU" }).waitFor();
    assert.match(page.url(), /sort=-cpu/);
  });

  test("the palette opens any resource from the keyboard", async (t) => {
    const { page } = await start(t);
    await live(page).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("pve2");
    await page.keyboard.press("Enter");
    await page.getByRole("complementary", { name: "Details of pve2" }).waitFor();
    assert.match(page.url(), /\/proxmox\?id=homelab-pve2/);
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Overview" }).filter({ visible: true }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.keyboard.press("/");
    await page.getByRole("combobox").waitFor();
  });
});

describe("appearance", () => {
  test("theme, density and language change at once and stay", async (t) => {
    const { page } = await start(t, { colorScheme: "dark" });
    await live(page).waitFor();
    const html = page.locator("html");
    assert.equal(await html.getAttribute("data-theme"), "dark");
    await page.getByRole("button", { name: "Appearance and language" }).filter({ visible: true }).click();
    await page.getByRole("button", { name: "Light" }).click();
    await page.getByRole("button", { name: "Compact" }).click();
    await page.getByLabel("Language").last().selectOption("de");
    await page.getByRole("heading", { name: "Übersicht" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Übersicht" }).waitFor();
    assert.equal(await html.getAttribute("data-theme"), "light");
    assert.equal(await html.getAttribute("data-density"), "compact");
  });

  for (const colorScheme of ["dark", "light"]) {
    test(`no serious accessibility violations, ${colorScheme}`, async (t) => {
      const { page, hub } = await start(t, { colorScheme });
      await live(page).waitFor();
      for (const path of ["/", "/hosts", "/proxmox", "/hosts?id=host-9", "/hosts?id=host-1"]) {
        await page.goto(`${hub.url}${path}`);
        await live(page).waitFor();
        if (path.includes("id=")) await page.locator("figure canvas").first().waitFor();
        await assertAccessible(page, path);
      }
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").waitFor();
      await assertAccessible(page, "the palette");
    });
  }

  test("a phone has lists, a bottom navigation and details over the page", async (t) => {
    const { page } = await start(t, {
      path: "/hosts",
      viewport: { width: 360, height: 740 },
      isMobile: true,
      hasTouch: true,
    });
    await page.getByRole("list", { name: "Machines with an agent" }).waitFor();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
    await assertAccessible(page, "hosts on a phone");
    await page.getByRole("combobox", { name: "Sort" }).selectOption({ label: "CPU" });
    await page.waitForURL(/sort=-cpu/);
    await page.getByRole("button", { name: "descending" }).tap();
    await page.waitForURL(/sort=cpu/);
    await page.getByRole("combobox", { name: "Sort" }).selectOption({ label: "Name" });
    await page.getByRole("button", { name: /build-ams-01/ }).tap();
    await page.getByRole("complementary", { name: "Details of build-ams-01" }).waitFor();
    await page.getByRole("button", { name: "Close" }).tap();
    await page.getByRole("link", { name: "Proxmox" }).filter({ visible: true }).tap();
    await page.getByRole("list", { name: "Virtual machines and containers" }).waitFor();
  });
});

describe("what plugins of other people bring", () => {
  test("is a place of its own, by source, with numbers, facts and no markup", async (t) => {
    const { page, hub, errors } = await start(t, { hub: { services: true } });
    await page.getByRole("link", { name: /Services.*3 Offline|Services.*Online/ }).click();
    await page.getByRole("heading", { name: "Services" }).waitFor();
    const table = page.getByRole("table", { name: "Services by source" });
    await eventually(
      () =>
        table.locator("tr.group [data-source]").evaluateAll((all) => all.map((one) => one.dataset.source)),
      (ids) => ids.join() === "rack-power,shop-ports",
      "sources in the order of their names",
    );
    await table.getByText("one of three supplies does not answer").waitFor();
    const row = table.locator('[data-resource="rack-power/ups-a"]');
    await eventually(
      () => row.textContent(),
      (text) => /power-supply.*load\d+%.*output[\d,]+ W.*\+2/.test(text),
      "kind and readings with their units",
    );
    const readings = () => row.locator("td").nth(3).textContent();
    const before = await readings();
    await eventually(readings, (now) => now !== before, "the readings stand still");
    await assertAccessible(page, "services");

    await page.keyboard.press("/");
    await page.keyboard.type("source:shop kind:service");
    await page.getByText("3 of 5", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Type", exact: true }).click();
    await page.waitForURL(/sort=type/);
    await page.getByRole("button", { name: "shop.example:443" }).click();
    const details = page.getByRole("complementary", { name: "Details of shop.example:443" });
    await details.getByText("tls › names").waitFor();
    await details.getByText("shop.example, www.shop.example").waitFor();
    await details.getByText('<img src="x" onerror="document.title=1">').waitFor();
    assert.match(await page.title(), /Services – Pulse$/);
    const chart = page.getByRole("img", { name: /Chart of connect time/ });
    const points = async () => Number(await chart.getAttribute("data-points"));
    const first = await points();
    await eventually(points, (now) => now > first, "the chart does not grow");
    await assertAccessible(page, "the details of a service");
    await page.keyboard.press("Escape");
    await details.waitFor({ state: "detached" });

    for (const { id, source } of [...hub.resources]) if (source) hub.remove(id);
    await page.getByText("Nothing here yet").waitFor();
    await page.getByRole("link", { name: "Services" }).waitFor({ state: "detached" });
    await page.keyboard.press("5");
    await page.keyboard.press("4");
    await page.getByRole("heading", { name: "Hosts" }).waitFor();
    assert.deepEqual(errors, []);
  });

  test("is a list on a phone", async (t) => {
    const { page } = await start(t, {
      path: "/services",
      hub: { services: true },
      viewport: { width: 360, height: 740 },
      isMobile: true,
      hasTouch: true,
    });
    const list = page.getByRole("list", { name: "Services by source" });
    await list.getByText("does not answer").first().waitFor();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
    await assertAccessible(page, "services on a phone");
    await page.getByRole("button", { name: /ups-b/ }).tap();
    await page.getByRole("complementary", { name: "Details of ups-b" }).waitFor();
  });

  test("is warned of while nobody checks it", async (t) => {
    const { page } = await start(t, { hub: { pluginDevelopment: true } });
    await page.getByText("Development mode: plugins run unchecked from a folder.").waitFor();
    await assertAccessible(page, "a hub in development mode");
  });
});

describe("nothing yet", () => {
  test("an empty hub says what to do next", async (t) => {
    const { page, hub } = await start(t, { hub: { hosts: 0, nodes: 0, guests: 0, alerts: 0 } });
    await page.getByText("Nothing is monitored yet").waitFor();
    await page.getByText(`pulse-agent --url ${hub.url} --token YOUR_TOKEN`).waitFor();
    await assertAccessible(page, "an empty hub");
  });
});

describe("size", () => {
  test("5,000 live rows scroll while few of them exist", async (t) => {
    const { page } = await start(t, { path: "/hosts", hub: { hosts: 5000, nodes: 0 } });
    const rows = page.locator("tr.row");
    await rows.first().waitFor();
    const scroll = (pixels) =>
      page.evaluate(async (step) => {
        const scroller = document.querySelector("table").parentElement;
        const frames = [];
        let most = 0;
        let last = performance.now();
        for (let frame = 0; frame < 240; frame++) {
          scroller.scrollTop += step;
          await new Promise(requestAnimationFrame);
          const now = performance.now();
          frames.push(now - last);
          last = now;
          most = Math.max(most, document.querySelectorAll("tr.row").length);
        }
        frames.sort((a, b) => a - b);
        return { most, median: frames[120], late: frames[228], top: scroller.scrollTop };
      }, pixels);
    const report = (name, { median, late }) =>
      t.diagnostic(`${name}: median frame ${median.toFixed(1)} ms, 95 % under ${late.toFixed(1)} ms`);
    report("a quick hand, 160 px a frame", await scroll(160));
    const seen = await scroll(700);
    report("a torn scroll bar, 700 px a frame", seen);
    assert.ok(seen.top > 100_000, `scrolled only to ${seen.top}`);
    assert.ok(seen.most < 60, `${seen.most} rows in the document`);
    await page.getByRole("searchbox").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("cpu>90");
    await page.getByText(/of 5,000/).waitFor();
  });

  test("memory stays flat over minutes of deltas", async (t) => {
    const { page } = await start(t, { path: "/hosts", hub: { hosts: 400, nodes: 0, intervalMs: 20 } });
    await page.locator("tr.row").first().waitFor();
    const client = await page.context().newCDPSession(page);
    const heap = async () => {
      await client.send("HeapProfiler.collectGarbage");
      return (await client.send("Runtime.getHeapUsage")).usedSize;
    };
    const settle = (frames) =>
      page.evaluate(
        (count) =>
          new Promise((resolve) => {
            const started = performance.now();
            const look = () =>
              performance.now() - started > count * 20 ? resolve() : requestAnimationFrame(look);
            look();
          }),
        frames,
      );
    await settle(50);
    const start_ = await heap();
    await settle(250);
    const grown = (await heap()) - start_;
    t.diagnostic(`heap ${(start_ / 1e6).toFixed(1)} MB, grown by ${(grown / 1e6).toFixed(2)} MB`);
    assert.ok(grown < 2_000_000, `the heap grew by ${grown} bytes`);
  });
});
