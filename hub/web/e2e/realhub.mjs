// Starts the programs that `make build` leaves in bin/, each on a free port
// and with a data folder of its own, and ends every one by its process id.
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./checks.mjs";

const bin = new URL("../../../bin/", import.meta.url).pathname;
const programs = ["pulse", "pulse-agent", "pulse-plugins", "plugins"];
const token = "e2e-0123456789abcdef0123456789abcdef";
/** How long a program may take to end when asked to. */
const graceMs = 10_000;

const running = new Set();
const folders = new Set();
process.on("exit", () => {
  for (const child of running) kill(child.pid, "SIGKILL");
  for (const dir of folders) rmSync(dir, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

export function assertBuilt() {
  const missing = programs.filter((name) => !existsSync(join(bin, name)));
  if (missing.length === 0) return;
  console.error(`bin/ lacks ${missing.join(", ")}: run make build first`);
  process.exit(1);
}

/** The processes that a process started and that still run. */
function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
      .trim()
      .split(" ")
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a program; what it says goes to a file beside its data, which `log` reads. */
function launch(name, args, { dir, env = {} }) {
  const file = join(dir, `${name}.log`);
  const log = openSync(file, "a");
  const child = spawn(join(bin, name), args, {
    cwd: dir,
    env: { PATH: process.env.PATH, HOME: dir, ...env },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  running.add(child);
  const ended = new Promise((resolve) => child.once("exit", resolve)).then(() => running.delete(child));
  return {
    pid: child.pid,
    ended: () => child.exitCode !== null || child.signalCode !== null,
    log: () => readFileSync(file, "utf8"),
    async stop(signal = "SIGTERM") {
      if (!running.has(child)) return;
      kill(child.pid, signal);
      const timer = setTimeout(() => kill(child.pid, "SIGKILL"), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

async function isHealthy(url) {
  try {
    return (await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}

/** Starts a hub; `mock` fills it with made-up infrastructure, `settings` are further variables for it. */
export async function startRealHub({ mock = false, settings = {} } = {}) {
  assertBuilt();
  const dir = await mkdtemp(join(tmpdir(), "pulse-e2e-"));
  folders.add(dir);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    PULSE_DATA_DIR: join(dir, "data"),
    BIND_ADDRESS: "127.0.0.1",
    FRONTEND_PORT: String(port),
    API_TOKENS: token,
    PULSE_METRICS_ADDRESS: "off",
    PULSE_MOCK_MODE: String(mock),
    ...settings,
  };
  let hub;
  let agent;
  const hubServes = async () => {
    if (hub.ended()) throw new Error(`the hub ended:\n${hub.log()}`);
    return isHealthy(url);
  };
  async function start() {
    hub = launch("pulse", [], { dir, env });
    await eventually(hubServes, Boolean, "the hub does not answer");
  }
  async function close() {
    await agent?.stop();
    await hub?.stop();
    await rm(dir, { recursive: true, force: true });
    folders.delete(dir);
  }
  try {
    await start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url,
    token,
    dataDir: env.PULSE_DATA_DIR,
    log: () => hub.log(),
    pid: () => hub.pid,
    /** Calls the API; an answer that is not a success is an error with its text. */
    async api(method, path, body) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { "X-API-Token": token, "Content-Type": "application/json" },
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(60_000),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path} answers ${response.status}: ${text}`);
      return text && JSON.parse(text);
    },
    /** Starts the hub again on the same data and port. */
    start,
    /** Ends the hub the hard way, and waits until the plugins it ran have followed it. */
    async crash() {
      const plugins = childrenOf(hub.pid);
      await hub.stop("SIGKILL");
      await eventually(
        () => plugins.filter((pid) => existsSync(`/proc/${pid}`)),
        (left) => left.length === 0,
        "plugins outlive their hub",
      );
    },
    startAgent({ hostname }) {
      agent = launch(
        "pulse-agent",
        [
          "--url",
          url,
          "--interval",
          "2s",
          "--hostname",
          hostname,
          "--disable-auto-update",
          "--state-dir",
          join(dir, "agent"),
        ],
        { dir, env: { PULSE_TOKEN: token } },
      );
    },
    async history(query) {
      const response = await fetch(`${url}/api/metrics-store/history?${new URLSearchParams(query)}`, {
        headers: { "X-API-Token": token },
        signal: AbortSignal.timeout(5000),
      });
      if (!response.ok) throw new Error(`history answers ${response.status}`);
      return (await response.json()).metrics ?? {};
    },
    close,
  };
}
