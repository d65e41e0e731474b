// A Pulse plugin in JavaScript that watches whether a TCP port answers.
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { serve, seconds } from './serve.js'

const manifest = JSON.parse(fs.readFileSync(path.join(import.meta.dirname, 'plugin.json'), 'utf8'))
const instances = new Map()
const notFound = (message) => ({ code: 5, message })

/** What is wrong with a configuration, as FieldErrors. */
function faults(config) {
  if (config === null || typeof config !== 'object' || Array.isArray(config)) return [{ path: '', message: 'must be a JSON object' }]
  const [, , port] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(config.address) ?? []
  return port > 0 && port < 65536 ? [] : [{ path: '/address', message: 'must be a host and a port like host:443' }]
}

function parse(text) {
  try {
    return JSON.parse(text || '{}')
  } catch {
    return null
  }
}

const Plugin = {
  Configure({ request }, reply) {
    if (request.component !== 'source/tcp') return reply(notFound('no such component'))
    const config = parse(request.config_json)
    const errors = faults(config)
    if (errors.length === 0) instances.set(request.instance_id, config)
    reply(null, { errors })
  },
  Remove({ request }, reply) {
    instances.delete(request.instance_id)
    reply(null, {})
  },
  Health({ request }, reply) {
    const config = instances.get(request.instance_id)
    config ? reply(null, { state: 'STATE_OK' }) : reply(notFound('no such instance'))
  },
}

const Source = {
  Collect(call) {
    const config = instances.get(call.request.instance_id)
    if (!config) return call.emit('error', notFound('no such instance'))
    const [, host, port] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(config.address)
    const begin = performance.now()
    const socket = net.connect({ host, port: Number(port) })
    const answer = (status, metrics) => {
      socket.destroy()
      const resource = { id: config.address, kind: 'service', name: config.address, status, metrics }
      const observed_at = { seconds: Math.floor(Date.now() / 1000) }
      call.write({ dataset: 'ports', full: true, last: true, resources: [resource], observed_at })
      call.end()
    }
    socket.setTimeout(Math.min(3000, 1000 * (seconds(call.request.deadline) || 3)))
    socket.once('connect', () => answer('STATUS_RUNNING', [{ name: 'connect_time', value: (performance.now() - begin) / 1000, unit: 'UNIT_SECONDS' }]))
    socket.once('error', () => answer('STATUS_OFFLINE', []))
    socket.once('timeout', () => answer('STATUS_OFFLINE', []))
    call.on('cancelled', () => socket.destroy())
  },
}

await serve(manifest, { Plugin, Source })
