"""The same calls by different clients: each takes a call and tells what came back, in one form.

An answer is `{"answers": [...]}`, the messages as JSON, or `{"error": {code, message, reason, fields}}`.
"""

import base64
import json
import os
import re
import subprocess

import grpc
from google.protobuf import json_format, message_factory
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from loket.portal.v1 import portal_pb2, portal_pb2_grpc

# A client that says nothing for so long has failed.
PATIENCE = 60


class Call:
    """A call: the method, its request as the contract has it, and the same in REST."""

    def __init__(self, method, request, rest, token=None):
        self.method, self.request, self.token = method, request, token
        self.verb, self.path, self.body = (*rest, None)[:3]

    def by(self, token):
        return Call(self.method, self.request, (self.verb, self.path, self.body), token)

    def line(self, address):
        return {"address": address, "method": self.method, "request": self.request, "token": self.token}


class Grpcio:
    """Python's grpcio, with generated modules."""

    def __init__(self, port):
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")

    def call(self, call):
        service, name = call.method.split("/")
        stub = getattr(portal_pb2_grpc, f"{service}Stub")(self.channel)
        described = portal_pb2.DESCRIPTOR.services_by_name[service].methods_by_name[name]
        request = json_format.ParseDict(call.request, message_factory.GetMessageClass(described.input_type)())
        metadata = (("authorization", f"Bearer {call.token}"),) if call.token else ()
        written = lambda answer: json_format.MessageToDict(answer, always_print_fields_with_no_presence=True)
        try:
            answer = getattr(stub, name)(request, metadata=metadata, timeout=PATIENCE)
            return {"answers": [written(one) for one in (answer if described.server_streaming else [answer])]}
        except grpc.RpcError as error:
            return {"error": self.refusal(error)}

    @staticmethod
    def refusal(error):
        told = {"code": error.code().name, "message": error.details(), "reason": None, "fields": []}
        status = rpc_status.from_call(error)
        for detail in status.details if status else []:
            info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
            if detail.Unpack(info):
                told["reason"] = info.reason
            if detail.Unpack(bad):
                told["fields"] = [json_format.MessageToDict(it) for it in bad.field_violations]
        return told

    def close(self):
        self.channel.close()


class Lines:
    """A program that reads calls as lines of JSON and writes answers as lines."""

    def __init__(self, port, *command):
        self.address = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(json.dumps({"address": self.address, **line}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline() or '{"failure": "the client ended"}')
        if "failure" in answer:
            raise AssertionError(f"{self.process.args}: {answer['failure']}")
        return answer

    def call(self, call):
        return self.ask(call.line(self.address))

    def close(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()


class Buf:
    """`buf curl`: what it knows of the contract it learns by server reflection."""

    def __init__(self, port, program, protocol):
        self.address, self.program, self.protocol = f"http://127.0.0.1:{port}", program, protocol

    def call(self, call):
        token = ["--header", f"authorization: Bearer {call.token}"] if call.token else []
        done = subprocess.run(
            [
                self.program, "curl", "--protocol", self.protocol, "--http2-prior-knowledge", *token,
                "--data", json.dumps(call.request), f"{self.address}/loket.portal.v1.{call.method}",
            ],
            capture_output=True, text=True, timeout=PATIENCE,
        )
        if done.returncode == 0:
            return {"answers": every_json(done.stdout)}
        try:
            return {"error": self.refusal(every_json(done.stderr)[0])}
        except (ValueError, IndexError) as unread:
            raise AssertionError(f"buf curl: {done.stdout}{done.stderr}") from unread

    @staticmethod
    def refusal(told):
        # Details come as bytes, in base64 without padding.
        details = {it["type"].split(".")[-1]: base64.b64decode(it["value"] + "==") for it in told["details"]}
        info = error_details_pb2.ErrorInfo.FromString(details["ErrorInfo"])
        bad = error_details_pb2.BadRequest.FromString(details.get("BadRequest", b""))
        fields = [json_format.MessageToDict(it) for it in bad.field_violations]
        return {"code": told["code"], "message": told["message"], "reason": info.reason, "fields": fields}

    def close(self):
        pass


def every_json(text):
    """All JSON values of a text, one after the other."""
    decoder, found, rest = json.JSONDecoder(), [], text.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        found.append(value)
        rest = rest[end:].strip()
    return found


class Curl:
    """Plain curl: REST, and streams as server-sent events."""

    def __init__(self, port):
        self.address = f"http://127.0.0.1:{port}"

    def call(self, call):
        status, kind, body = self.ask(call.verb, call.path, call.body, call.token)
        if kind.startswith("text/event-stream"):
            events = [event.split("data: ", 1)[1] for event in body.split("\n\n") if "data: " in event]
            return {"answers": [json.loads(event) for event in events]}
        if status < 400:
            return {"answers": [json.loads(body)]}
        problem = json.loads(body)
        assert kind == "application/problem+json", kind
        assert problem["status"] == status, problem
        fields = [{"field": it["path"], "description": it["detail"]} for it in problem.get("errors", [])]
        return {
            "error": {"code": None, "message": problem["detail"], "reason": problem["reason"], "fields": fields},
            "status": status,
        }

    def ask(self, verb, path, body=None, token=None):
        command = ["curl", "--silent", "--max-time", str(PATIENCE), "--request", verb, self.address + path]
        command += ["--write-out", "\n%{http_code} %{content_type}"]
        if token:
            command += ["--header", f"authorization: Bearer {token}"]
        if body is not None:
            command += ["--header", "content-type: application/json", "--data-binary", json.dumps(body)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        body, _, last = done.stdout.rpartition("\n")
        status, _, kind = last.partition(" ")
        return int(status), kind, body

    def close(self):
        pass


def every_client(port):
    """All clients, by name."""
    scripts = os.environ["CLIENTS_IN_JAVASCRIPT"]
    built, buf = os.environ["CLIENTS_BUILT"], os.path.join(scripts, "node_modules/.bin/buf")
    chromium = [os.path.join(built, "portal.js"), os.environ["PROGRAM_OF_CHROMIUM"]]
    return {
        "grpcio": Grpcio(port),
        "grpc-js": Lines(port, "node", os.path.join(scripts, "grpc_js.js")),
        "connect-web in Chromium": Lines(port, "node", os.path.join(scripts, "chromium.js"), *chromium),
        "connect-web in Node": Lines(port, "node", os.path.join(built, "connect_node.mjs")),
        "buf curl, gRPC": Buf(port, buf, "grpc"),
        "buf curl, gRPC-Web": Buf(port, buf, "grpcweb"),
        "curl": Curl(port),
    }


# One form for all: values as REST writes them, no defaults, moments alike.

KINDS = {"text", "bool", "integer", "decimal", "money", "date", "instant", "code", "person", "address", "document", "list"}
PREFIXES = ("STATE_", "APPLIES_", "RESULT_", "KIND_")
MOMENT = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z$")


def natural(value, key=None):
    """A message as JSON in the one form that is compared."""
    if isinstance(value, list):
        return [natural(one) for one in value]
    if isinstance(value, dict):
        told = {name: one for name, one in value.items() if name != "kind"} if key == "value" else value
        if key in ("value", "proposed") and len(told) == 1 and (kind := next(iter(told))) in KINDS | {"lack"}:
            return of_kind(kind, told[kind])
        kept = {name: natural(one, name) for name, one in value.items()}
        return {name: one for name, one in kept.items() if one not in ("", [], {}, False, 0, "0", None, "UNSPECIFIED")}
    if isinstance(value, str):
        if moment := MOMENT.match(value):
            return f"{moment[1]}.{(moment[2] or '').ljust(9, '0')}Z"
        for prefix in PREFIXES:
            if value.startswith(prefix) and value.isupper():
                return value.removeprefix(prefix)
    return value


def of_kind(kind, value):
    if kind == "lack":
        return {"unknown": True} if value == "LACK_UNKNOWN" else None
    if kind == "integer":
        return int(value)
    if kind == "list":
        return [natural(one, "value") for one in value.get("values", [])]
    return natural(value)
