// Invented but believable data for the fake hub, the same on every run.

const gib = 1024 ** 3;

/** A small seeded generator, so that screenshots and tests do not change by themselves. */
export function makeRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const systems = [
  ["debian", "Debian GNU/Linux", "13", "6.12.48+deb13-amd64", "x86_64"],
  ["ubuntu", "Ubuntu", "24.04.3 LTS", "6.8.0-85-generic", "x86_64"],
  ["rocky", "Rocky Linux", "9.6", "5.14.0-570.el9", "x86_64"],
  ["raspbian", "Raspberry Pi OS", "12", "6.12.34+rpt-rpi-v8", "aarch64"],
  ["windows", "Windows Server", "2022", "10.0.20348.3207", "x86_64"],
];
const places = ["fra", "ams", "mad", "lab"];
const roles = ["web", "db", "cache", "build", "mail", "edge", "nas", "git", "proxy", "media"];
const guests = [
  "nextcloud",
  "postgres",
  "gitea",
  "home-assistant",
  "traefik",
  "jellyfin",
  "grafana",
  "redis",
  "vaultwarden",
  "minio",
  "keycloak",
  "paperless",
  "immich",
  "unifi",
  "pihole",
  "matrix",
];

function percentOf(total, used) {
  return { current: (used / total) * 100, total, used, free: total - used };
}

function seedHost(index, random, now) {
  const system = systems[Math.floor(random() * systems.length)];
  const cores = [4, 8, 16, 32][Math.floor(random() * 4)];
  const memory = cores * 4 * gib;
  const diskTotal = [120, 480, 960, 3840][Math.floor(random() * 4)] * gib;
  const name = `${roles[index % roles.length]}-${places[Math.floor(index / roles.length) % places.length]}-${String(Math.floor(index / 40) + 1).padStart(2, "0")}`;
  const root = percentOf(60 * gib, 60 * gib * (0.2 + random() * 0.6));
  const fill = 0.1 + random() * 0.75;
  const data = percentOf(diskTotal, diskTotal * (index % 29 === 4 ? 0.93 : fill));
  const offline = index % 37 === 9;
  return {
    id: `host-${index}`,
    type: "host",
    name,
    displayName: name,
    platformId: "host-agent",
    platformType: "host-agent",
    sourceType: "agent",
    status: offline ? "offline" : index % 41 === 20 ? "degraded" : "online",
    stale: offline || index % 53 === 15,
    cpu: { current: random() ** 3 * 95 + 1 },
    memory: percentOf(memory, memory * (0.25 + random() * 0.6)),
    disk: percentOf(root.total + data.total, root.used + data.used),
    network: { rxBytes: Math.floor(random() * 1e12), txBytes: Math.floor(random() * 1e12) },
    rates: {
      netIn: random() ** 4 * 9e7,
      netOut: random() ** 4 * 5e7,
      diskRead: random() ** 4 * 4e7,
      diskWrite: random() ** 3 * 3e7,
    },
    ...(system[0] === "windows" ? {} : { temperature: 36 + random() * 38 }),
    uptime: Math.floor(random() * 200 * 86400) + 4000,
    tags: [index % 3 === 0 ? "prod" : "staging", places[index % places.length]],
    lastSeen: offline ? now - 26 * 60_000 : index % 53 === 15 ? now - 4 * 60_000 : now,
    identity: { hostname: name, ips: [`10.20.${Math.floor(index / 250)}.${(index % 250) + 2}`] },
    platformData: {
      platform: system[0],
      osName: system[1],
      osVersion: system[2],
      kernelVersion: system[3],
      architecture: system[4],
      cpuCount: cores,
      agentVersion: index % 11 === 3 ? "0.9.2" : "1.0.0",
      intervalSeconds: 1,
      loadAverage: [random() * cores, random() * cores * 0.8, random() * cores * 0.6],
      sensors:
        system[0] === "windows"
          ? {}
          : {
              temperatureCelsius: {
                "coretemp.package": 40 + random() * 30,
                "nvme0.composite": 35 + random() * 20,
              },
              fanRpm: { "chassis.1": 800 + Math.floor(random() * 900) },
              smart: [
                {
                  device: "/dev/nvme0n1",
                  model: "Samsung PM9A3",
                  type: "nvme",
                  temperature: 41,
                  health: "PASSED",
                },
              ],
            },
      disks: [
        {
          mountpoint: system[0] === "windows" ? "C:" : "/",
          device: "/dev/nvme0n1p2",
          type: system[0] === "windows" ? "ntfs" : "ext4",
          total: root.total,
          used: root.used,
          free: root.free,
          usage: root.current,
        },
        {
          mountpoint: system[0] === "windows" ? "D:" : "/srv",
          device: "/dev/nvme1n1",
          type: system[0] === "windows" ? "ntfs" : "xfs",
          total: data.total,
          used: data.used,
          free: data.free,
          usage: data.current,
        },
      ],
      interfaces: [
        {
          name: "eth0",
          mac: "02:42:54:c4:64:14",
          addresses: [`10.20.${Math.floor(index / 250)}.${(index % 250) + 2}/24`],
          rxBytes: Math.floor(random() * 1e12),
          txBytes: Math.floor(random() * 1e12),
          speedMbps: 10000,
        },
      ],
    },
  };
}

function seedNode(index, random, now) {
  const name = `pve${index + 1}`;
  const memory = 256 * gib;
  return {
    id: `homelab-${name}`,
    type: "node",
    name,
    displayName: name,
    platformId: "homelab",
    platformType: "proxmox-pve",
    sourceType: "api",
    clusterId: "pve-cluster/homelab",
    status: "online",
    cpu: { current: 10 + random() * 50 },
    memory: percentOf(memory, memory * (0.4 + random() * 0.45)),
    disk: percentOf(94 * gib, 94 * gib * (0.2 + random() * 0.5)),
    rates: { netIn: random() * 4e7, netOut: random() * 3e7 },
    temperature: 42 + random() * 20,
    uptime: Math.floor(20 * 86400 + random() * 90 * 86400),
    tags: [],
    lastSeen: now,
    identity: { hostname: name, ips: [`10.10.0.${index + 11}`] },
    platformData: {
      instance: "homelab",
      host: `https://${name}.lab:8006`,
      pveVersion: "9.0.10",
      kernelVersion: "6.14.11-3-pve",
      cpuInfo: { model: "AMD EPYC 7313P 16-Core Processor", cores: 32, sockets: 1, mhz: "3000" },
      loadAverage: [random() * 12, random() * 10, random() * 9],
      isClusterMember: true,
      clusterName: "homelab",
      connectionHealth: "healthy",
    },
  };
}

function seedGuest(index, nodes, random, now) {
  const lxc = random() < 0.45;
  const node = `pve${Math.floor(random() * nodes) + 1}`;
  const vmid = 100 + index;
  const running = random() < 0.85;
  const memory = [2, 4, 8, 16, 32][Math.floor(random() * 5)] * gib;
  const disk = [16, 32, 64, 250][Math.floor(random() * 4)] * gib;
  const round = Math.floor(index / guests.length);
  const name = `${guests[index % guests.length]}${round ? `-${round + 1}` : ""}`;
  return {
    id: `homelab:${node}:${vmid}`,
    type: lxc ? "container" : "vm",
    name,
    displayName: "",
    platformId: "homelab",
    platformType: "proxmox-pve",
    sourceType: "api",
    parentId: `homelab-${node}`,
    status: running ? "running" : "stopped",
    cpu: { current: running ? random() ** 3 * 90 : 0 },
    ...(running
      ? {
          memory: percentOf(memory, memory * (0.2 + random() * 0.7)),
          rates: {
            netIn: random() ** 3 * 2e7,
            netOut: random() ** 3 * 2e7,
            diskRead: random() ** 4 * 2e7,
            diskWrite: random() ** 3 * 1e7,
          },
        }
      : {}),
    disk:
      running || lxc
        ? percentOf(disk, disk * (0.1 + random() * 0.8))
        : { current: -1, total: disk, used: 0, free: disk },
    uptime: running ? Math.floor(random() * 60 * 86400) + 100 : 0,
    tags: [["prod", "test", "infra"][Math.floor(random() * 3)], ...(random() < 0.3 ? ["backup-daily"] : [])],
    lastSeen: now,
    platformData: {
      vmid,
      node,
      instance: "homelab",
      cpus: [1, 2, 4, 8][Math.floor(random() * 4)],
      type: lxc ? "lxc" : "qemu",
      osName: lxc ? "Debian" : "Ubuntu",
      osVersion: lxc ? "13" : "24.04",
      ipAddresses: running ? [`10.10.1.${vmid % 250}`] : [],
      template: false,
      ...(random() < 0.85 ? { lastBackup: new Date(now - random() * 4 * 86_400_000).toISOString() } : {}),
    },
  };
}

function seedStorage(node, random, now) {
  const total = 7 * 1024 * gib;
  return {
    id: `homelab-${node}-local-zfs`,
    type: "storage",
    name: "local-zfs",
    displayName: "",
    platformId: "homelab",
    platformType: "proxmox-pve",
    sourceType: "api",
    parentId: `homelab-${node}`,
    status: "online",
    disk: percentOf(total, total * (0.3 + random() * 0.5)),
    tags: [],
    lastSeen: now,
    platformData: {
      instance: "homelab",
      node,
      type: "zfspool",
      content: "images,rootdir",
      shared: false,
      enabled: true,
      active: true,
    },
  };
}

/** A measured value as the feed tells it, by its key. */
function measured(name, unit, value, labels) {
  const key = labels ? `${name}{${Object.entries(labels).map((pair) => pair.join("="))}}` : name;
  return { [key]: { name, unit, value, ...(labels ? { labels } : {}) } };
}

/** What plugins of other people bring: kinds, units and members that no page was made for. */
function seedServices(now) {
  const common = { displayName: "", sourceType: "api", tags: [], lastSeen: now };
  const service = (name, more) => ({
    ...common,
    id: `shop-ports/${name}`,
    type: "service",
    name,
    platformId: "Shop front",
    platformType: "tcp",
    source: "shop-ports",
    status: "online",
    metrics: measured("connect_time", "seconds", 0.004 + name.length * 0.0007),
    platformData: { port: Number(name.split(":")[1]), protocol: "tcp" },
    ...more,
  });
  const supply = (name, load, more) => ({
    ...common,
    id: `rack-power/${name}`,
    type: "power-supply",
    name,
    platformId: "Rack power",
    platformType: "ups",
    source: "rack-power",
    status: "online",
    temperature: 31.5,
    uptime: 38 * 86_400,
    metrics: {
      ...measured("load", "ratio", load),
      ...measured("output", "watts", load * 3000),
      ...measured("runtime", "seconds", 2400 * (1 - load)),
      ...measured("fan", "rpm", 1450, { place: "rear" }),
      transfers: { name: "transfers", unit: "none", counter: true, value: 17 },
    },
    platformData: {
      maker: "Example Power <b>Inc.</b>",
      battery: {
        installed: "2025-11-03",
        cells: 16,
        healthy: true,
        health: { tested: "2026-02-01", result: "passed" },
      },
      outlets: [
        { name: "router", on: true },
        { name: "switch", on: true },
      ],
    },
    ...more,
  });
  return {
    resources: [
      service("shop.example:443", {
        tags: ["prod"],
        platformData: {
          port: 443,
          tls: { issuer: "Example CA", valid: true, names: ["shop.example", "www.shop.example"] },
          greeting: '<img src="x" onerror="document.title=1">',
        },
      }),
      service("mail.example:25", {}),
      service("db.example:5432", { status: "offline", statusReason: "does not answer", metrics: undefined }),
      supply("ups-a", 0.41, {}),
      supply("ups-b", 0.87, { status: "degraded", statusReason: "a battery cell is weak" }),
    ],
    sources: [
      { id: "shop-ports", name: "Shop front", type: "tcp", health: "ok", lastSeen: now, plugin: "acme.tcp" },
      {
        id: "rack-power",
        name: "Rack power",
        type: "ups",
        health: "degraded",
        message: "one of three supplies does not answer",
        lastSeen: now,
        plugin: "acme.power",
      },
    ],
  };
}

/** All resources and sources of the fake hub. */
export function seed({ hosts = 48, nodes = 3, guests: guestCount = 42, services = false, now = Date.now() }) {
  const random = makeRandom(7);
  const resources = [];
  for (let i = 0; i < hosts; i++) resources.push(seedHost(i, random, now));
  for (let i = 0; i < nodes; i++)
    resources.push(seedNode(i, random, now), seedStorage(`pve${i + 1}`, random, now));
  for (let i = 0; i < guestCount && nodes > 0; i++) resources.push(seedGuest(i, nodes, random, now));
  const brought = services ? seedServices(now) : { resources: [], sources: [] };
  resources.push(...brought.resources);
  const sources = [
    ...brought.sources,
    ...(nodes
      ? [
          {
            id: "pve-homelab",
            name: "homelab",
            type: "pve",
            health: "ok",
            lastSeen: now,
            plugin: "proxmox-ve",
          },
        ]
      : []),
    ...(hosts ? [{ id: "agents", name: "Host agents", type: "host", health: "ok", lastSeen: now }] : []),
    ...(nodes
      ? [
          {
            id: "pbs-vault",
            name: "vault",
            type: "pbs",
            health: "failed",
            message: "connect to vault.lab:8007: connection refused",
            lastSeen: now - 11 * 60_000,
            plugin: "proxmox-backup",
          },
        ]
      : []),
  ];
  return { resources, sources };
}
