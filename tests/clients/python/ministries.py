"""Ministries of the tests: made from a proto as text, without generated code, as foreign as can be."""

import contextlib
import json
import os
import shlex
import tempfile
import time
from concurrent import futures
from importlib import resources

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status
from grpc_tools import protoc

from loket.desk.v1 import desk_pb2, desk_pb2_grpc
from loket.operations.v1 import operations_pb2, operations_pb2_grpc
from loket.portal.v1 import case_pb2

ROOT = os.path.join(os.path.dirname(__file__), "..", "..", "..")
CONTRACT = os.path.join(ROOT, "proto")
STEP = case_pb2.Step

SERVICE = """syntax = "proto3";
package {package};
{imports}import "loket/v1/annotations.proto";
service Office {{
  rpc Do(Request) returns (Response) {{
    option (loket.v1.public_service) = {{
      id: "{id}" life_events: {{id: "birth", bind: {{key: "person", value: "child"}}}}
      act: ACT_EX_OFFICIO effect: EFFECT_IDEMPOTENT
      legal_basis: "Test Act, article 1" purpose: "tests" essential: false
      cancel: "Cancel" status: "Status"
      titles: {{language: "en", value: "A service of the tests"}}
      {more}
    }};
  }}
  rpc Cancel(Key) returns (Cancelled);
  rpc Status(Key) returns (Response);
  {methods}
}}
message Key {{ string idempotency_key = 1; }}
message Cancelled {{}}
message Request {{ {needs} }}
message Response {{ {gives} }}
"""

# What most services of the tests need: what nobody but the register gives, and it needs consent.
NUMBER = 'string person_number = 1 [(loket.v1.fact).name = "person.number"];'


def service(id, more="", needs=NUMBER, gives="", methods=""):
    """The proto of an agency with one service."""
    package = "tests." + id.replace("/", ".").replace("-", "_") + ".v1"
    imports = 'import "google/type/date.proto";\n' if "google.type.Date" in needs + gives + methods else ""
    return SERVICE.format(
        package=package, id=id, more=more, needs=needs, gives=gives, methods=methods, imports=imports
    )


def compiled(source):
    """The descriptors of a proto, as a serialised FileDescriptorSet."""
    with tempfile.TemporaryDirectory() as folder, resources.path("grpc_tools", "_proto") as well_known:
        with open(os.path.join(folder, "agency.proto"), "w") as file:
            file.write(source)
        out = os.path.join(folder, "set")
        paths = [f"-I{folder}", f"-I{CONTRACT}", f"-I{well_known}"]
        code = protoc.main(["protoc", *paths, "--include_imports", f"--descriptor_set_out={out}", "agency.proto"])
        assert code == 0, source
        with open(out, "rb") as file:
            return file.read()


class Ministry:
    """A running system of an agency. `answers` has a function per method: (request, context, response)."""

    def __init__(self, source, answers=None, reflects=True, port=0):
        self.set = compiled(source)
        self.answers = answers or {}
        self.calls = []
        self.reflects = reflects
        self.open(port)

    def open(self, port=0):
        """Opens it, after a close at the same port if that is wanted."""
        self.server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
        pool = descriptor_pool.DescriptorPool()
        names = []
        for file in descriptor_pb2.FileDescriptorSet.FromString(self.set).file:
            pool.AddSerializedFile(file.SerializeToString())
            for one in file.service:
                names.append(f"{file.package}.{one.name}")
        for name in names:
            self.serve(pool.FindServiceByName(name))
        if self.reflects is True:
            reflection.enable_server_reflection((*names, reflection.SERVICE_NAME), self.server, pool=pool)
        elif self.reflects:
            self.server.add_generic_rpc_handlers((self.reflects,))
        self.port = self.server.add_insecure_port(f"127.0.0.1:{port}")
        assert self.port, "the port is taken"
        self.server.start()

    def serve(self, described):
        methods = {}
        for method in described.methods:
            request = message_factory.GetMessageClass(method.input_type)
            response = message_factory.GetMessageClass(method.output_type)
            methods[method.name] = grpc.unary_unary_rpc_method_handler(
                self.answering(method.name, response),
                request_deserializer=request.FromString,
                response_serializer=lambda message: message.SerializeToString(),
            )
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(described.full_name, methods),))

    def answering(self, name, response):
        def answer(request, context):
            metadata = dict(context.invocation_metadata())
            self.calls.append((name, json_format.MessageToDict(request, preserving_proto_field_name=True), metadata))
            message = response()
            if name in self.answers:
                self.answers[name](request, context, message)
            return message

        return answer

    @property
    def uri(self):
        return f"http://127.0.0.1:{self.port}"

    def called(self, method="Do"):
        return [call for call in self.calls if call[0] == method]

    def close(self):
        self.server.stop(0).wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def refuse(context, code, reason, message="no", **metadata):
    """Ends a call with a rich error."""
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason=reason, domain="loket.v1", metadata=metadata))
    context.abort_with_status(
        rpc_status.to_status(status_pb2.Status(code=code.value[0], message=message, details=[detail]))
    )


class Office:
    """What agencies and operators do at a counter, over the wire."""

    def __init__(self, counter):
        self.counter = counter
        self.connect()

    def connect(self):
        """Again after the gateway was restarted: channels are slow to notice."""
        desk = grpc.insecure_channel(f"127.0.0.1:{self.counter.desk}")
        operations = grpc.insecure_channel(f"127.0.0.1:{self.counter.operations}")
        self.desk = desk_pb2_grpc.DeskServiceStub(desk)
        self.registry = operations_pb2_grpc.RegistryServiceStub(operations)
        self.cases = operations_pb2_grpc.CaseOperationsServiceStub(operations)

    def bearer(self, kind, who):
        return (("authorization", f"Bearer {self.counter.token(kind, who)}"),)

    def operator(self):
        return self.bearer("operator", "tester")

    def register(self, agency, endpoints, metadata=None, lease=3600, **more):
        """Registers as the agency itself."""
        request = desk_pb2.RegisterAgencyRequest(agency=agency, endpoints=endpoints, **more)
        if not request.titles:
            request.titles.add(language="en", value=agency.title())
        if lease:
            request.lease.seconds = lease
        if metadata is None:
            metadata = self.bearer("agency", agency)
        return self.desk.RegisterAgency(request, metadata=metadata, timeout=30)

    def grant(self, service, concept="person.number", giver="population-register", purpose="tests"):
        self.counter.loket(
            "grant", "give", giver, concept, service, "--purpose", purpose, "--legal-basis", "Test Act, article 1"
        )

    def withdraw(self, agency, *services):
        request = desk_pb2.WithdrawServicesRequest(agency=agency, services=services)
        return self.desk.WithdrawServices(request, metadata=self.bearer("agency", agency), timeout=20)

    def leave(self, agency):
        """Withdraws an agency and publishes the plan without it: that takes a step away, which no plan does by itself."""
        self.withdraw(agency)
        plan = self.plan()
        if plan["candidate"] != plan["published"]:
            self.counter.loket("plan", "publish", "birth", plan["candidate"], "--reason", f"without {agency}")

    def plan(self, life_event="birth"):
        return json.loads(self.counter.loket("plan", "show", life_event, "--json"))

    def until_planned(self, *services, life_event="birth"):
        """Waits until the published plan has these services."""
        named = lambda: self.plan(life_event)
        there = lambda plan: plan["published"] and all(it in steps_of(plan) for it in services)
        self.counter.until(lambda: there(named()), f"{services} to be in the plan")
        return self.plan(life_event)

    def open(self, life_event="birth"):
        """Opens a case of the next invented citizen; its name."""
        opened = self.counter.loket("case", "open", life_event, "--sample", "--json")
        return json.loads(opened)["case"]["name"]

    def case(self, name):
        return self.cases.GetCase(operations_pb2.GetCaseRequest(name=name), metadata=self.operator(), timeout=20)

    def step(self, name, service):
        """The step of a service in a case; the first, where there are several."""
        return next((it for it in self.case(name).steps if it.service == service), None)

    def until_step(self, name, service, state):
        """Waits until a step is in a state, and returns it."""
        metadata = self.operator()
        request = operations_pb2.GetCaseRequest(name=name)
        last = None

        def there():
            nonlocal last
            case = self.cases.GetCase(request, metadata=metadata, timeout=20)
            last = next((it for it in case.steps if it.service == service), None)
            return last is not None and last.state == state

        try:
            self.counter.until(there, f"{service} to be {STEP.State.Name(state)} in {name}")
        except AssertionError as error:
            raise AssertionError(f"{error}\nit was: {last}") from None
        return last

    def until_completed(self, name):
        metadata = self.operator()
        request = operations_pb2.GetCaseRequest(name=name)
        completed = case_pb2.Case.STATE_COMPLETED
        get = lambda: self.cases.GetCase(request, metadata=metadata, timeout=20)
        try:
            self.counter.until(lambda: get().state == completed, f"{name} to complete")
        except AssertionError as error:
            raise AssertionError(f"{error}\nit was: {get()}") from None
        return get()


def steps_of(plan):
    """The services of a plan, from its picture: {"library/first-card": number}."""
    steps, agency = {}, None
    for line in plan["dot"].splitlines():
        line = line.strip()
        if line.startswith("subgraph"):
            agency = line.split('"')[1].removeprefix("cluster_")
        elif line.startswith("s") and "[label=" in line and "->" not in line:
            number, label = line.split(" ", 1)
            steps[agency + "/" + label.split('"')[1].split("\\n")[0]] = number
    return steps


def waits_of(plan, service):
    """What a step of a plan waits for: {(service, fact)}."""
    names = {number: name for name, number in steps_of(plan).items()}
    own = steps_of(plan)[service]
    waits = set()
    for line in plan["dot"].splitlines():
        words = line.split()
        if len(words) > 2 and words[1] == "->" and words[2] == own:
            facts = line.split('label="')[1].split('"')[0].split("\\n")
            waits.update((names[words[0]], fact) for fact in facts)
    return waits


def command_in(text, begins):
    """The command that a text tells to run, as words without `loket`."""
    line = next(line for line in text.splitlines() if begins in line)
    return shlex.split(line[line.index(begins) :])[1:]


@contextlib.contextmanager
def refused(test, code, *says):
    """The call inside is refused with this code, in words that say this."""
    with test.assertRaises(grpc.RpcError) as caught:
        yield
    error = caught.exception
    test.assertEqual(error.code(), code, error.details())
    for word in says:
        test.assertIn(word, error.details())


def soon(seconds):
    """A moment so many seconds from now, for whoever waits that long at most."""
    return time.monotonic() + seconds
