"""What every Pulse plugin does, whatever it watches: the handshake, mutual TLS,
and the services that the hub expects of a process."""

import base64
import datetime
import json
import os
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf import duration_pb2, timestamp_pb2  # noqa: F401 - the protocol imports them

HERE = Path(__file__).parent
PACKAGE = "pulse.plugin.v1"


class Messages:
    """The messages of the protocol, by name. They are made from its descriptors, so there is no generated code."""

    def __init__(self):
        # A package carries a copy of the descriptors; in the repository they are beside the protocol.
        folders = [HERE, HERE / "../../../proto/testdata"]
        text = next(f / f"{PACKAGE}.json" for f in folders if (f / f"{PACKAGE}.json").exists()).read_text()
        self.pool = descriptor_pool.Default()
        files = {f.name: f for f in json_format.Parse(text, descriptor_pb2.FileDescriptorSet()).file}
        while files:
            name = next(n for n, f in files.items() if not files.keys() & set(f.dependency))
            self.pool.AddSerializedFile(files.pop(name).SerializeToString())

    def __getattr__(self, name):
        return self.make(self.pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))

    def make(self, descriptor):
        if hasattr(message_factory, "GetMessageClass"):  # since protobuf 4.22
            return message_factory.GetMessageClass(descriptor)
        return message_factory.MessageFactory(self.pool).GetPrototype(descriptor)


api = Messages()


def duration(text):
    """A duration of plugin.json, "1m30s", as JSON has a google.protobuf.Duration."""
    units = {"h": 3600, "m": 60, "s": 1, "ms": 0.001}
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|h|m|s)", text)
    return f"{sum(float(number) * units[unit] for number, unit in parts):.3f}s"


def described(manifest):
    """The manifest as Describe tells it."""
    for component in manifest["components"]:
        component["config_schema"] = json.dumps(component.pop("config"))
        for dataset in component.get("datasets", []):
            dataset.update({name: duration(dataset[name]) for name in ("interval", "min_interval", "timeout")})
    return json_format.ParseDict(manifest, api.Manifest(), ignore_unknown_fields=True)


class Plugin:
    """The calls that are the same for every plugin."""

    def Init(self, request, context):
        return api.InitResponse()

    def Describe(self, request, context):
        return described(json.loads((HERE / "plugin.json").read_text()))


def handlers(plugin, name):
    """The handlers of a service: those of its methods that the plugin has."""
    methods = {}
    for method in api.pool.FindServiceByName(f"{PACKAGE}.{name}").methods:
        proto = descriptor_pb2.MethodDescriptorProto()
        method.CopyToProto(proto)
        make = grpc.unary_stream_rpc_method_handler if proto.server_streaming else grpc.unary_unary_rpc_method_handler
        if hasattr(plugin, method.name):
            read, kind = api.make(method.input_type).FromString, api.make(method.output_type)
            methods[method.name] = make(getattr(plugin, method.name), read, kind.SerializeToString)
    return grpc.method_handlers_generic_handler(f"{PACKAGE}.{name}", methods)


def fixed(service, method, answer, after=lambda: None):
    """A service whose one method answers any request with the same bytes."""

    def handle(request, context):
        context.add_callback(after)
        return answer

    return grpc.method_handlers_generic_handler(service, {method: grpc.unary_unary_rpc_method_handler(handle)})


def end():
    os._exit(0)  # nothing is open that could be lost


def end_with_hub():
    """The hub holds the other end of standard input for as long as it lives."""
    sys.stdin.buffer.read()
    end()


def end_with_parent(parent):
    """For what holds standard input open although the hub is gone."""
    while os.getppid() == parent:
        time.sleep(1)
    end()


def certificate(key):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.utcnow()
    return (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1)).not_valid_after(now + datetime.timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )


def listen(server, address, hub):
    """Listens with mutual TLS if the hub has given a certificate, and returns the plugin's own for the handshake."""
    if not hub:
        server.add_insecure_port(address)
        return ""
    key = ec.generate_private_key(ec.SECP256R1())
    own = certificate(key)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pair = (private, own.public_bytes(pem))
    server.add_secure_port(address, grpc.ssl_server_credentials([pair], hub.encode(), require_client_auth=True))
    return base64.b64encode(own.public_bytes(serialization.Encoding.DER)).decode().rstrip("=")


def serve(plugin, *services):
    """Serves a plugin to the hub that started the process, until the hub says to stop or is gone."""
    threading.Thread(target=end_with_hub, daemon=True).start()
    threading.Thread(target=end_with_parent, args=[os.getppid()], daemon=True).start()
    server = grpc.server(ThreadPoolExecutor(8))
    server.add_generic_rpc_handlers([handlers(plugin, name) for name in services] + [
        fixed("grpc.health.v1.Health", "Check", b"\x08\x01"),  # status: SERVING
        fixed("plugin.GRPCController", "Shutdown", b"", end),
    ])
    socket = Path(os.environ.get("PLUGIN_UNIX_SOCKET_DIR") or os.environ.get("TMPDIR") or "/tmp") / f"plugin{os.getpid()}"
    own = listen(server, f"unix:{socket}", os.environ.get("PLUGIN_CLIENT_CERT"))
    server.start()
    print(f"1|1|unix|{socket}|grpc|{own}", flush=True)
    server.wait_for_termination()
