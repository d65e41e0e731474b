"""A Pulse plugin in Python that watches whether a TCP port answers."""

import json
import re
import socket
import time

import grpc

from serve import Plugin, api, serve

ADDRESS = re.compile(r"(\[[^\]]+\]|[^:]+):(\d{1,5})")


def faults(config):
    """What is wrong with a configuration, as FieldErrors."""
    if not isinstance(config, dict):
        return [api.FieldError(path="", message="must be a JSON object")]
    match = ADDRESS.fullmatch(str(config.get("address", "")))
    if match and 0 < int(match[2]) < 65536:
        return []
    return [api.FieldError(path="/address", message="must be a host and a port like host:443")]


def parse(text):
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None


class Probe(Plugin):
    def __init__(self):
        self.instances = {}

    def instance(self, request, context):
        if request.instance_id not in self.instances:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such instance")
        return self.instances[request.instance_id]

    def Configure(self, request, context):
        if request.component != "source/tcp":
            context.abort(grpc.StatusCode.NOT_FOUND, "no such component")
        config = parse(request.config_json)
        errors = faults(config)
        if not errors:
            self.instances[request.instance_id] = config
        return api.ConfigureResponse(errors=errors)

    def Remove(self, request, context):
        self.instances.pop(request.instance_id, None)
        return api.RemoveResponse()

    def Health(self, request, context):
        self.instance(request, context)
        return api.HealthResponse(state="STATE_OK")

    def Collect(self, request, context):
        address = self.instance(request, context)["address"]
        host, port = ADDRESS.fullmatch(address).groups()
        chunk = api.CollectChunk(dataset="ports", full=True, last=True)
        seen = chunk.resources.add(id=address, kind="service", name=address, status="STATUS_RUNNING")
        limit = request.deadline.seconds + request.deadline.nanos / 1e9 or 3
        begin = time.monotonic()
        try:
            socket.create_connection((host.strip("[]"), int(port)), min(limit, 3)).close()
            seen.metrics.add(name="connect_time", value=time.monotonic() - begin, unit="UNIT_SECONDS")
        except OSError:
            seen.status = 5  # STATUS_OFFLINE
        chunk.observed_at.GetCurrentTime()
        yield chunk


serve(Probe(), "Plugin", "Source")
