// A small stand-in for the hub: serves the built page, the few API calls it
// makes and the live protocol, with invented data. For tests and for looking.
//
//   node e2e/fakehub.mjs [--port 7700] [--hosts 48] [--nodes 3] [--guests 42] [--services 1] [--alerts 12]
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { WebSocketServer } from "ws";
import { makeAlerts } from "./fakealerts.mjs";
import { goodToken, makeSecurity } from "./fakesecurity.mjs";
import { makeSettings } from "./fakesettings.mjs";
import { makeRandom, seed } from "./seed.mjs";

const appRoot = new URL("../dist/app/", import.meta.url).pathname;
const contentTypes = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

export { goodToken };

const ranges = { "1h": [3_600_000, 10_000], "24h": [86_400_000, 120_000], "7d": [7 * 86_400_000, 900_000] };

function history(resource, range) {
  const [span, step] = ranges[range] ?? ranges["24h"];
  const end = Date.now();
  const metrics = {};
  const current = {
    cpu: resource?.cpu?.current,
    memory: resource?.memory?.current,
    disk: resource?.disk?.current,
    netin: resource?.rates?.netIn,
    netout: resource?.rates?.netOut,
    diskread: resource?.rates?.diskRead,
    diskwrite: resource?.rates?.diskWrite,
  };
  let salt = 1;
  for (const [name, value] of Object.entries(current)) {
    if (value === undefined) continue;
    const random = makeRandom((salt++ + (resource.id.length ?? 0)) * 7919);
    const calm = name === "disk" || name === "memory";
    const points = [];
    let level = value;
    for (let at = end - span; at < end - step; at += step) {
      const pull = (value - level) * 0.08;
      level = Math.max(0, level + pull + (random() - 0.5) * (calm ? 0.01 : 0.22) * Math.max(value, 3));
      if ((!name.startsWith("net") && !name.startsWith("disk")) || calm) level = Math.min(100, level);
      points.push({ timestamp: at, value: level, min: level * 0.9, max: level * 1.1 });
    }
    metrics[name] = points;
  }
  return { resourceType: resource?.type, resourceId: resource?.id, range, start: end - span, end, metrics };
}

function forecasts(resource) {
  if (!resource?.disk) return [];
  const forecast = { reason: "growing", confidence: "medium", bytesPerDay: 2 ** 31, daysUntilFull: 23.4 };
  return [{ ...forecast, resourceId: resource.id, basedOn: { points: 700 } }];
}

/** Moves a part of the resources a little and returns the merge patches. */
function drift(resources, random, share) {
  const patch = [];
  for (const resource of resources) {
    if (resource.stale || resource.status === "offline" || resource.status === "stopped" || random() > share)
      continue;
    const wander = (value, by, max) => Math.min(max, Math.max(0.4, value + (random() - 0.5) * by));
    const change = { id: resource.id, lastSeen: Date.now() };
    if (resource.cpu) change.cpu = { current: wander(resource.cpu.current, 9, 100) };
    if (resource.memory) {
      const current = wander(resource.memory.current, 0.8, 98);
      change.memory = {
        current,
        used: (current / 100) * resource.memory.total,
        free: (1 - current / 100) * resource.memory.total,
      };
    }
    if (resource.rates) {
      change.rates = Object.fromEntries(
        Object.entries(resource.rates).map(([key, value]) => [
          key,
          Math.max(800, value * (0.75 + random() * 0.52)),
        ]),
      );
    }
    if (resource.metrics) {
      change.metrics = {};
      for (const [key, metric] of Object.entries(resource.metrics)) {
        const value = metric.counter ? metric.value + 1 : metric.value * (0.97 + random() * 0.06);
        change.metrics[key] = { value };
        metric.value = value;
      }
    }
    if (resource.uptime) change.uptime = resource.uptime + 1;
    for (const key of ["cpu", "memory", "rates"]) if (change[key]) Object.assign(resource[key], change[key]);
    if (change.uptime) resource.uptime = change.uptime;
    resource.lastSeen = change.lastSeen;
    patch.push(change);
  }
  return patch;
}

/** Starts a fake hub; port 0 picks a free one. */
export async function startFakeHub({
  port = 0,
  intervalMs = 1000,
  share = 1,
  pluginDevelopment = false,
  alerts: alertCount = 6,
  telling,
  security: rules = {},
  ...amounts
} = {}) {
  const { resources, sources } = seed(amounts);
  const random = makeRandom(11);
  const alerts = makeAlerts({ resources, count: alertCount, telling, tell: broadcastFrame });
  const settings = makeSettings();
  const security = makeSecurity({ ...rules, note: settings.note });
  let rev = 1;
  let silent = false;
  let refusing = false;

  async function serveFile(path, response) {
    const name = extname(path) ? normalize(path) : "/index.html";
    try {
      const body = await readFile(join(appRoot, name));
      response.writeHead(200, { "Content-Type": contentTypes[extname(name)] ?? "application/octet-stream" });
      response.end(body);
    } catch {
      response.writeHead(404).end("not found");
    }
  }
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://fake");
    if (!url.pathname.startsWith("/api/")) return serveFile(url.pathname, response);
    const body = await readBody(request);
    const caller = security.callerOf(request, url);
    const found =
      security.answer(request, url, body) ??
      settings.answer({ request, url, body, caller, security }) ??
      answerMonitoring(request, url, body);
    response.writeHead(found.status, {
      ...(found.text === undefined
        ? { "Content-Type": "application/json" }
        : { "Content-Type": "text/plain" }),
      ...found.headers,
    });
    response.end(found.text ?? (found.body === undefined ? "" : JSON.stringify(found.body)));
  });
  async function readBody(request) {
    let text = "";
    for await (const part of request) text += part;
    return text ? JSON.parse(text) : {};
  }
  function answerMonitoring(request, url, body) {
    const byId = () => resources.find((item) => item.id === url.searchParams.get("resourceId"));
    if (url.pathname === "/api/state/summary")
      return { status: 200, body: { nodes: 3, hosts: resources.length } };
    if (url.pathname === "/api/metrics-store/history")
      return { status: 200, body: history(byId(), url.searchParams.get("range")) };
    if (url.pathname === "/api/forecast") return { status: 200, body: { forecasts: forecasts(byId()) } };
    const found =
      url.pathname.startsWith("/api/alerts/") &&
      alerts.answer(request.method, url.pathname.slice("/api/alerts/".length), url.searchParams, body);
    return found || { status: 404, body: { error: "not found" } };
  }

  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has("pulse.live.v1") ? "pulse.live.v1" : false),
  });
  server.on("upgrade", (request, socket, head) => {
    const url = new URL(request.url, "http://fake");
    if (refusing || url.pathname !== "/ws" || !security.callerOf(request, url)) {
      socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => greet(client));
  });
  function greet(client) {
    const send = (frame) => client.send(JSON.stringify(frame));
    send({
      type: "hello",
      data: { protocol: "pulse.live.v1", version: "0.1.0", time: Date.now(), intervalMs, pluginDevelopment },
    });
    send(alerts.frame());
    const size = 500;
    const parts = Math.max(1, Math.ceil(resources.length / size));
    for (let part = 1; part <= parts; part++) {
      send({
        type: "snapshot",
        rev,
        part,
        parts,
        data: {
          resources: resources.slice((part - 1) * size, part * size),
          sources: part === parts ? sources : [],
        },
      });
    }
  }
  function broadcastFrame(frame) {
    const text = JSON.stringify(frame);
    for (const client of sockets.clients) if (client.readyState === 1) client.send(text);
  }
  function broadcast(data) {
    broadcastFrame({
      type: "delta",
      prev: rev,
      rev: rev + 1,
      time: Date.now(),
      data: { set: [], patch: [], gone: [], ...data },
    });
    rev += 1;
  }
  function dropAll() {
    for (const client of sockets.clients) client.terminate();
  }
  const timer = setInterval(() => {
    if (!silent) broadcast({ patch: drift(resources, random, share) });
  }, intervalMs);

  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    resources,
    alerts,
    /** Drops all connections; they may come back unless refused. */
    drop: dropAll,
    refuse: (value) => {
      refusing = value;
    },
    revoke: security.revoke,
    security,
    settings,
    hush: (value) => {
      silent = value;
    },
    /** Takes a resource away, as when its source no longer names it. */
    remove: (id) => {
      resources.splice(
        resources.findIndex((resource) => resource.id === id),
        1,
      );
      broadcast({ gone: [id] });
    },
    add: (resource) => {
      resources.push(resource);
      broadcast({ set: [resource] });
    },
    async close() {
      clearInterval(timer);
      dropAll();
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const option = (name, fallback) => {
    const at = process.argv.indexOf(`--${name}`);
    return at > 0 ? Number(process.argv[at + 1]) : fallback;
  };
  const hub = await startFakeHub({
    port: option("port", 7700),
    hosts: option("hosts", 48),
    nodes: option("nodes", 3),
    guests: option("guests", 42),
    services: option("services", 1) > 0,
    alerts: option("alerts", 12),
  });
  console.log(`${hub.url}/#token=${goodToken}`);
}
