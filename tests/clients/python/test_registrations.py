"""Registrations that are wrong, each refused with what to fix; and the ways in which a system is there or not."""

import json
import os
import re
import subprocess
import time
import unittest

import grpc
from grpc import StatusCode
from grpc_reflection.v1alpha import reflection_pb2

from counter import PROGRAM, Counter
from loket.desk.v1 import desk_pb2
from ministries import NUMBER, STEP, Ministry, Office, command_in, compiled, refused, service, soon, steps_of
from ministries import waits_of

# Nobody listens there; enough where the descriptors are sent along.
NOBODY = "http://127.0.0.1:9"
INVALID = StatusCode.INVALID_ARGUMENT

CONCEPTS = """
concepts:
  - {{name: person.{agency}_one, definition: For the tests., type: text, owner: {agency}, source: Test Act}}
  - {{name: person.{agency}_two, definition: For the tests., type: text, owner: {agency}, source: Test Act}}
"""


class WrongRegistrations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.counter = cls.enterClassContext(Counter())
        cls.office = Office(cls.counter)

    def sent(self, agency, source):
        """Registers with descriptors that are sent along."""
        return self.office.register(agency, [NOBODY], descriptor_set=compiled(source))

    def concepts(self, agency):
        path = os.path.join(self.counter.folder.name, f"{agency}.yaml")
        with open(path, "w") as file:
            file.write(CONCEPTS.format(agency=agency))
        self.counter.loket("dictionary", "put", path)

    def findings(self, answer):
        return "\n".join(finding for plan in answer.plans for finding in plan.findings)

    def test_an_endpoint_that_is_none(self):
        for uri, says in [
            ("nonsense", "http://127.0.0.1:50051"),
            ("http://10.1.2.3:50051", "not on loopback"),
            ("https://127.0.0.1:50051", "scheme"),
            ("http://ministry.example:50051", "names a host"),
        ]:
            with self.subTest(uri), refused(self, INVALID, "endpoints[0]", says):
                self.office.register("zoo", [uri])
        with refused(self, INVALID, "endpoints", "1 to 16"):
            self.office.register("zoo", [])

    def test_nobody_there_to_be_asked(self):
        with refused(self, StatusCode.FAILED_PRECONDITION, NOBODY, "start the system first"):
            self.office.register("zoo", [NOBODY])

    def test_a_server_without_reflection(self):
        with Ministry(service("zoo/visit"), reflects=False) as zoo:
            with refused(self, StatusCode.FAILED_PRECONDITION, zoo.uri, "no server reflection", "descriptor_set"):
                self.office.register("zoo", [zoo.uri])
            answer = self.office.register("zoo", [zoo.uri], descriptor_set=zoo.set)
            self.assertEqual(answer.source, "descriptor-set")

    def test_descriptors_that_are_none(self):
        for garbage in [b"garbage", b"\xff" * 100, b"\x0a\x03abc"]:
            with refused(self, INVALID, "descriptor_set"):
                self.office.register("zoo", [NOBODY], descriptor_set=garbage)
        from google.protobuf import descriptor_pb2

        whole = descriptor_pb2.FileDescriptorSet.FromString(compiled(service("zoo/visit")))
        half = descriptor_pb2.FileDescriptorSet(file=[file for file in whole.file if file.name == "agency.proto"])
        with refused(self, INVALID, "descriptor_set", "include_imports"):
            self.office.register("zoo", [NOBODY], descriptor_set=half.SerializeToString())

    def test_words_of_a_service_that_mean_nothing(self):
        zoo = lambda **more: service("zoo/visit", **more)
        reversal = 'reversal: {method: "Undo", kind: KIND_REVOCATION}'
        for name, source, says in [
            ("life event", zoo().replace('id: "birth"', 'id: "brith"'), ["`brith`", "did you mean `birth`", "Publish its file first"]),
            ("act", zoo().replace("act: ACT_EX_OFFICIO ", ""), ["act", "ACT_DUTY"]),
            ("effect", zoo().replace("effect: EFFECT_IDEMPOTENT", ""), ["effect", "EFFECT_READ"]),
            ("term", zoo(more='term: {bearer: BEARER_AGENCY, length: "P3H", legal_basis: "x"}'), ["term", "P3H"]),
            ("timeout", zoo(more='timeout: "10s"'), ["timeout", "4"]),
            ("condition", zoo(more='when: "person.stillborn =="'), ["when"]),
            ("reversal", zoo(more=reversal), ["`reversal` names `Undo`", "it has `Do`, `Cancel`"]),
            ("cancel", zoo().replace('cancel: "Cancel"', 'cancel: "Cancle"'), ["`cancel` names `Cancle`", "it has `Do`, `Cancel`"]),
            ("id", zoo().replace('id: "zoo/visit"', 'id: "museum/visit"'), ["`museum/visit`", "not of the agency `zoo`"]),
            ("legal basis", zoo().replace('legal_basis: "Test Act, article 1"', ""), ["legal_basis", "missing"]),
        ]:
            with self.subTest(name), refused(self, INVALID, "tests.zoo.visit.v1.Office.Do", *says):
                self.sent("zoo", source)

    def test_a_fact_that_nobody_knows_is_told_with_the_nearest(self):
        unknown = NUMBER.replace("person.number", "person.nummer")
        with refused(self, INVALID, "zoo/visit request.person_number", "person.nummer", "did you mean", "person.number"):
            self.sent("zoo", service("zoo/visit", needs=unknown))

    def test_a_field_that_cannot_hold_its_fact(self):
        wrong = 'bool person_number = 1 [(loket.v1.fact).name = "person.number"];'
        with refused(self, INVALID, "zoo/visit request.person_number", "bool", "string"):
            self.sent("zoo", service("zoo/visit", needs=wrong))
        wrong = 'double born = 1 [(loket.v1.fact).name = "birth.date"];'
        with refused(self, INVALID, "zoo/visit request.born", "google.type.Date"):
            self.sent("zoo", service("zoo/visit", needs=wrong))

    def test_a_gift_that_is_anothers(self):
        gives = 'optional string number = 1 [(loket.v1.fact).name = "person.number"];'
        with refused(self, INVALID, "zoo/visit response.number", "not its to give", "population-register"):
            self.sent("zoo", service("zoo/visit", needs="", gives=gives))

    def test_a_missing_grant_is_told_with_the_command(self):
        told = self.findings(self.sent("aquarium", service("aquarium/visit")))
        self.assertIn("aquarium/visit request.person_number", told)
        command = command_in(told, "loket grant give")
        self.assertEqual(
            command[:5], ["grant", "give", "population-register", "person.number", "aquarium/visit"]
        )
        self.assertEqual(command[5:], ["--purpose", "tests", "--legal-basis", "Test Act, article 1"])
        self.counter.loket(*command)
        self.office.until_planned("aquarium/visit")
        # The same again changes nothing.
        self.counter.loket(*command)
        self.assertEqual(self.counter.loket("grant", "list", "--to", "aquarium/visit").count("\n"), 0)
        self.office.leave("aquarium")

    def test_a_need_that_nobody_gives(self):
        self.concepts("orphanage")
        needs = 'string one = 1 [(loket.v1.fact).name = "person.orphanage_one"];'
        told = self.findings(self.sent("orphanage", service("orphanage/visit", needs=needs)))
        for says in ["orphanage/visit request.one", "child.orphanage_one", "nothing gives", "let the dictionary say"]:
            self.assertIn(says, told)

    def test_two_that_wait_for_each_other(self):
        self.concepts("circle")
        field = lambda name, number: f'optional string {name} = {number} [(loket.v1.fact).name = "person.circle_{name}"];'
        second = """
  rpc Other(OtherRequest) returns (OtherResponse) {
    option (loket.v1.public_service) = {
      id: "circle/second" life_events: {id: "birth", bind: {key: "person", value: "child"}}
      act: ACT_EX_OFFICIO effect: EFFECT_READ legal_basis: "Test Act" purpose: "tests" essential: false
      titles: {language: "en", value: "Second"}
    };
  }"""
        source = service("circle/first", needs=field("one", 1), gives=field("two", 1), methods=second)
        source += f"message OtherRequest {{ {field('two', 1)} }} message OtherResponse {{ {field('one', 1)} }}"
        published = self.office.plan()["published"]
        told = self.findings(self.sent("circle", source))
        for says in ["`circle/first` and `circle/second` wait for each other", "child.circle_one", "split a service"]:
            self.assertIn(says, told)
        self.assertEqual(self.office.plan()["published"], published, "it breaks the plan of the others")

    def test_two_that_give_the_same(self):
        self.concepts("double")
        gift = 'optional string one = 1 [(loket.v1.fact).name = "person.double_one"];'
        second = """
  rpc Other(Request) returns (OtherResponse) {
    option (loket.v1.public_service) = {
      id: "double/second" life_events: {id: "birth", bind: {key: "person", value: "child"}}
      act: ACT_EX_OFFICIO effect: EFFECT_READ legal_basis: "Test Act" purpose: "tests" essential: false
      titles: {language: "en", value: "Second"}
    };
  }"""
        born = 'google.type.Date born = 1 [(loket.v1.fact).name = "person.birth_date"];'
        source = service("double/first", needs=born, gives=gift, methods=second) + f"message OtherResponse {{ {gift} }}"
        told = self.findings(self.sent("double", source))
        for says in ["`double/first` and `double/second` both give `child.double_one`", "neither comes first", "`after`"]:
            self.assertIn(says, told)

    def test_a_grant_that_means_nothing(self):
        self.sent("kiosk", service("kiosk/visit"))
        give = lambda *words: subprocess.run(
            [PROGRAM, "grant", "give", *words, "--purpose", "tests", "--legal-basis", "Test Act"],
            env=self.counter.environment, capture_output=True, text=True,
        )
        for words, says in [
            (["population-register", "person.nummer", "kiosk/visit"], "did you mean `person.number`"),
            (["population-register", "person.number", "kiosk/visits"], "did you mean `kiosk/visit`"),
            (["vehicles", "person.number", "kiosk/visit"], "`population-register`"),
            (["nobody", "person.number", "kiosk/visit"], "`population-register`"),
        ]:
            given = give(*words)
            self.assertEqual(given.returncode, 1, (words, given.stdout))
            self.assertIn(says, given.stderr)
        given = subprocess.run(
            [PROGRAM, "grant", "give", "population-register", "person.number", "kiosk/visit", "--purpose", "fun",
             "--legal-basis", "Test Act"], env=self.counter.environment, capture_output=True, text=True,
        )
        self.assertIn("asks for the purpose `tests`", given.stderr)
        self.assertEqual(give("population-register", "person.number", "kiosk/visit").returncode, 0)
        other = subprocess.run(
            [PROGRAM, "grant", "give", "population-register", "person.number", "kiosk/visit", "--purpose", "tests",
             "--legal-basis", "Another Act"], env=self.counter.environment, capture_output=True, text=True,
        )
        self.assertEqual(other.returncode, 1, other.stderr)
        self.counter.loket(*command_in(other.stderr, "loket grant revoke"))
        self.assertEqual(self.counter.loket("grant", "list", "--to", "kiosk/visit"), "")
        self.office.leave("kiosk")

    def test_who_does_not_speak_for_the_agency(self):
        zoo = compiled(service("zoo/visit"))
        for name, metadata, code, says in [
            ("no token", (), StatusCode.UNAUTHENTICATED, "token"),
            ("another agency's", self.office.bearer("agency", "museum"), StatusCode.PERMISSION_DENIED, "museum"),
            ("a citizen's", self.office.bearer("citizen", "999000001"), StatusCode.PERMISSION_DENIED, "a token of an agency"),
            ("an operator's", self.office.bearer("operator", "ria"), StatusCode.PERMISSION_DENIED, "a token of an agency"),
            ("nonsense", (("authorization", "Bearer nonsense"),), StatusCode.UNAUTHENTICATED, ""),
        ]:
            with self.subTest(name), refused(self, code, says):
                self.office.register("zoo", [NOBODY], metadata=metadata, descriptor_set=zoo)
        brief = self.counter.loket("token", "--agency", "zoo", "--lifetime", "1s")
        metadata = (("authorization", f"Bearer {brief}"),)
        # Clocks may differ a little: it is taken for a while longer, and then never again.
        def expired():
            try:
                self.office.register("zoo", [NOBODY], metadata=metadata, descriptor_set=zoo)
                return False
            except grpc.RpcError as error:
                self.assertEqual(error.code(), StatusCode.UNAUTHENTICATED, error.details())
                self.assertIn("expired", error.details())
                return True
        self.counter.until(expired, "a token of one second to expire")

    def test_a_server_whose_reflection_lies(self):
        handlers = grpc.method_handlers_generic_handler
        def reflecting(answer):
            """A server that reflects what `answer` says to each question."""
            def talk(questions, context):
                for question in questions:
                    response = answer(question)
                    if response is not None:
                        yield response
            method = grpc.stream_stream_rpc_method_handler(
                talk,
                request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
                response_serializer=lambda message: message.SerializeToString(),
            )
            return handlers("grpc.reflection.v1alpha.ServerReflection", {"ServerReflectionInfo": method})

        def answering(files):
            def answer(question):
                response = reflection_pb2.ServerReflectionResponse()
                if question.HasField("list_services"):
                    response.list_services_response.service.add(name="tests.liar.visit.v1.Office")
                else:
                    response.file_descriptor_response.file_descriptor_proto.extend(files(question))
                return response
            return answer

        def wrong_answer(question):
            response = reflection_pb2.ServerReflectionResponse()
            response.error_response.error_message = "no"
            return response

        def of(index):
            return lambda question: [whole.file[index].SerializeToString()]

        from google.protobuf import descriptor_pb2

        whole = descriptor_pb2.FileDescriptorSet.FromString(compiled(service("liar/visit")))
        names = [file.name for file in whole.file]
        no_end = lambda question: [
            descriptor_pb2.FileDescriptorProto(
                name=f"f{len(question.file_by_filename)}", dependency=["x" + question.file_by_filename]
            ).SerializeToString()
        ]
        for name, answer in [
            ("garbage", answering(lambda question: [b"\xff\xfe garbage"])),
            ("another file", answering(of(0))),
            ("nothing", answering(lambda question: [])),
            ("files without end", answering(no_end)),
            ("an error", wrong_answer),
            ("silence", lambda question: None),
            ("no services", lambda question: reflection_pb2.ServerReflectionResponse(
                list_services_response=reflection_pb2.ListServiceResponse())),
        ]:
            with self.subTest(name), Ministry(service("liar/visit"), reflects=reflecting(answer)) as liar:
                began = time.monotonic()
                with self.assertRaises(grpc.RpcError) as caught:
                    self.office.register("liar", [liar.uri])
                error = caught.exception
                self.assertIn(error.code(), (INVALID, StatusCode.FAILED_PRECONDITION), error.details())
                self.assertLess(time.monotonic() - began, 25, "it keeps the desk busy")
        self.assertEqual(names[-1], "agency.proto")

    def test_a_contract_that_is_not_kept_parks_its_own_step_alone(self):
        """What reflection promises and the server does not have: a breach, which is the agency's to mend."""
        promised = service("promiser/visit")
        other = promised.replace("rpc Do(", "rpc Undo(").replace('cancel: "Cancel" status: "Status"', "")
        with Ministry(other, reflects=False) as server:
            self.office.register("promiser", [server.uri], descriptor_set=compiled(promised))
            self.office.grant("promiser/visit")
            self.office.until_planned("promiser/visit")
            case = self.office.open()
            step = self.office.until_step(case, "promiser/visit", STEP.STATE_PARKED)
            self.assertIn("promiser", step.reason.lower())
            self.office.until_completed(case)
        self.office.leave("promiser")


if __name__ == "__main__":
    unittest.main()
