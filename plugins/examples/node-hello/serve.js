// What every Pulse plugin does, whatever it watches: the handshake, mutual
// TLS, and the services that the hub expects of a process.
import fs from 'node:fs'
import path from 'node:path'
import grpc from '@grpc/grpc-js'
import loader from '@grpc/proto-loader'
import { generate } from 'selfsigned'

// A package carries a copy of the protocol; in the repository it is at its root.
const protocol = ['proto', '../../../proto'].map((folder) => path.join(import.meta.dirname, folder)).find((folder) => fs.existsSync(folder))
const files = ['plugin', 'source', 'notifier', 'ai'].map((name) => `pulse/plugin/v1/${name}.proto`)
const options = { includeDirs: [protocol], keepCase: true, enums: String, longs: Number, defaults: true }
const api = grpc.loadPackageDefinition(loader.loadSync(files, options)).pulse.plugin.v1

/** A google.protobuf.Duration in seconds; 0 if it is absent. */
export const seconds = (duration) => (duration ? Number(duration.seconds) + duration.nanos / 1e9 : 0)

/** A duration of plugin.json, "1m30s", as a google.protobuf.Duration. */
function duration(text) {
  const units = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 }
  let total = 0
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)) total += Number(number) * units[unit]
  return { seconds: Math.floor(total / 1000), nanos: Math.round((total % 1000) * 1e6) }
}

/** The manifest as Describe tells it. */
function described(manifest) {
  const components = manifest.components.map(({ config, datasets = [], ...component }) => ({
    ...component,
    config_schema: JSON.stringify(config),
    datasets: datasets.map((d) => ({ ...d, interval: duration(d.interval), min_interval: duration(d.min_interval), timeout: duration(d.timeout) })),
  }))
  return { ...manifest, components }
}

/** A service whose one method answers any request with the same bytes. */
function fixed(name, method, answer, after = () => {}) {
  const bytes = { requestSerialize: Buffer.from, requestDeserialize: Buffer.from, responseSerialize: Buffer.from, responseDeserialize: Buffer.from }
  const definition = { [method]: { path: `/${name}/${method}`, requestStream: false, responseStream: false, ...bytes } }
  const handler = (_call, reply) => {
    reply(null, answer)
    after()
  }
  return [definition, { [method]: handler }]
}

/** Serves with mutual TLS if the hub has given a certificate, and returns the plugin's own for the handshake. */
async function credentials(hub) {
  if (!hub) return { server: grpc.ServerCredentials.createInsecure(), certificate: '' }
  const subject = [{ name: 'commonName', value: 'localhost' }]
  const extensions = [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }]
  const own = await generate(subject, { keyType: 'ec', curve: 'P-256', extensions })
  const pair = { private_key: Buffer.from(own.private), cert_chain: Buffer.from(own.cert) }
  const certificate = own.cert.replace(/-----.*?-----|\s|=/g, '') // base64 of the DER, without padding
  return { server: grpc.ServerCredentials.createSsl(Buffer.from(hub), [pair], true), certificate }
}

/** Serves a plugin to the hub that started the process, until the hub says to stop or is gone. */
export async function serve(manifest, { Plugin, ...others }) {
  const end = () => process.exit(0)
  process.stdin.on('end', end).on('error', end).resume()
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && end(), 1000)
  const server = new grpc.Server()
  const basics = { Init: (_call, reply) => reply(null, {}), Describe: (_call, reply) => reply(null, described(manifest)) }
  server.addService(api.Plugin.service, { ...basics, ...Plugin })
  for (const [name, handlers] of Object.entries(others)) server.addService(api[name].service, handlers)
  server.addService(...fixed('grpc.health.v1.Health', 'Check', Buffer.from([8, 1]))) // status: SERVING
  server.addService(...fixed('plugin.GRPCController', 'Shutdown', Buffer.alloc(0), () => setImmediate(end)))
  const { server: secured, certificate } = await credentials(process.env.PLUGIN_CLIENT_CERT)
  const socket = path.join(process.env.PLUGIN_UNIX_SOCKET_DIR ?? process.env.TMPDIR ?? '/tmp', `plugin${process.pid}`)
  server.bindAsync(`unix:${socket}`, secured, (error) => {
    if (error) throw error
    process.stdout.write(`1|1|unix|${socket}|grpc|${certificate}\n`)
  })
}
