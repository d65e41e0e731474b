// The way of somebody who writes a first plugin: from `pulse plugin new` in an
// empty folder to its data on the page of a hub that is never restarted. In
// each language there is an example for. Run `make build` first.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { launchBrowser, openPage } from "./browser.mjs";
import { eventually, patience } from "./checks.mjs";
import { assertBuilt, startRealHub } from "./realhub.mjs";

assertBuilt();
const pulse = new URL("../../../bin/pulse", import.meta.url).pathname;
const nodeModules = new URL("../../../plugins/examples/node-hello/node_modules", import.meta.url).pathname;
const node = process.execPath;
const python = "/usr/bin/python3";
/** The whole way may take this long, with what Go has built before. */
const wayMs = 60_000;
/** A package that lies in the inbox is offered after this long. */
const offerMs = 5_000;

function pythonLacks() {
  try {
    execFileSync(python, ["-c", "import grpc, google.protobuf, cryptography"], { stdio: "ignore" });
    return false;
  } catch {
    return "python3 with grpc, protobuf and cryptography is not installed";
  }
}

const languages = [
  {
    name: "Go",
    id: "acme.tcp",
    options: [],
    source: "main.go",
    edit: [/"connect_time"/, '"handshake_time"'],
  },
  {
    name: "Node",
    id: "acme.nodetcp",
    options: ["--lang", "node"],
    source: "plugin.js",
    edit: [/connect_time/, "handshake_time"],
    // As npm ci does, without fetching it all once more.
    prepare: (dir) => cpSync(nodeModules, join(dir, "node_modules"), { recursive: true }),
    skip: !existsSync(nodeModules) && "the packages of the Node example are not installed",
  },
  {
    name: "Python",
    id: "acme.pytcp",
    options: ["--lang", "python"],
    source: "plugin.py",
    edit: [/connect_time/, "handshake_time"],
    skip: pythonLacks(),
  },
];

/** Types a command in a folder and returns what it prints. */
async function type(dir, ...args) {
  try {
    // Authors have the runtimes where their shell finds them first.
    const env = { ...process.env, PATH: [dirname(node), dirname(python), process.env.PATH].join(":") };
    const { stdout } = await promisify(execFile)(pulse, ["plugin", ...args], {
      cwd: dir,
      env,
      timeout: wayMs,
    });
    return stdout;
  } catch (error) {
    throw new Error(`pulse plugin ${args.join(" ")}: ${error.message}\n${error.stdout}`);
  }
}

describe("a newcomer's plugin", () => {
  let browser;
  let hub;
  let home;
  before(async () => {
    browser = await launchBrowser();
    hub = await startRealHub({ settings: { PULSE_PLUGIN_RUNTIMES: `node=${node},python3=${python}` } });
    home = mkdtempSync(join(tmpdir(), "pulse-newcomer-"));
    await type(home, "keygen", join(home, "acme.key"));
  });
  after(async () => {
    await browser?.close();
    await hub?.close();
    if (home) rmSync(home, { recursive: true, force: true });
  });

  for (const language of languages) {
    test(`in ${language.name} is on the page within a minute`, {
      timeout: 3 * wayMs,
      skip: language.skip,
    }, async () => {
      const started = Date.now();
      const hubPid = hub.pid();
      const dir = join(home, language.id);
      await type(home, "new", "source", language.id, "--dir", dir, ...language.options);
      language.prepare?.(dir);

      const file = join(dir, language.source);
      const before = readFileSync(file, "utf8");
      const after = before.replace(...language.edit);
      assert.notEqual(after, before, "there is nothing to edit");
      writeFileSync(file, after);

      const report = JSON.parse(await type(dir, "test", ".", "--json"));
      assert.deepEqual(
        report.results.filter((check) => check.outcome === "failed"),
        [],
      );

      await type(dir, "pack", ".", "--key", join(home, "acme.key"), "--out", home);
      const packed = execFileSync("sh", ["-c", `ls ${language.id}_*.pulseplugin`], { cwd: home })
        .toString()
        .trim();
      cpSync(join(home, packed), join(hub.dataDir, "plugins", packed));
      const dropped = Date.now();

      const find = async () =>
        (await hub.api("GET", "/api/plugins")).plugins.find((plugin) => plugin.id === language.id);
      const offered = await eventually(
        find,
        (plugin) => plugin?.offers.length > 0,
        "the plugin is not offered",
      );
      assert.ok(Date.now() - dropped < offerMs, `it was offered after ${Date.now() - dropped} ms`);
      assert.equal(offered.state, "unapproved");
      assert.equal(offered.pid, undefined, "it runs before it is approved");
      const [offer] = offered.offers;
      assert.deepEqual(offer.wants, { network: ["instance:address"] });
      await hub.api("POST", `/api/plugins/${language.id}/approve`, {
        sha256: offer.sha256,
        needs: offer.wants,
      });

      const { host } = new URL(hub.url);
      const add = (name, address) =>
        hub.api("POST", "/api/instances", {
          plugin: language.id,
          component: offered.components[0].key,
          name,
          config: { address },
        });
      await add(`${language.name} up`, host);
      await add(`${language.name} down`, "127.0.0.1:9");

      const { page, context, errors } = await openPage(browser);
      page.setDefaultTimeout(patience);
      await page.goto(`${hub.url}/services#token=${hub.token}`);
      await page.getByText(`${language.name} up`).first().waitFor();
      await page.getByText(`${language.name} down`).first().waitFor();
      await page.getByText(host).first().waitFor();
      assert.deepEqual(errors, []);
      await context.close();

      const running = await eventually(
        find,
        (plugin) => plugin.state === "healthy",
        "the plugin is not healthy",
      );
      assert.equal(running.instances.length, 2);
      assert.equal(hub.pid(), hubPid, "the hub was restarted");
      const took = Date.now() - started;
      console.log(`# ${language.name}: ${(took / 1000).toFixed(1)} s, sandbox ${running.sandbox.summary}`);
      assert.ok(took < wayMs, `it took ${took} ms`);
    });
  }
});
