"""What clients notice of the port itself: who may call from a browser, health, reflection, compression, and how a watch
ends when the gateway goes down."""

import os
import signal
import subprocess
import time
import unittest

import grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from callers import Curl, Grpcio, every_client
from counter import Counter
from loket.portal.v1 import portal_pb2, portal_pb2_grpc
from test_same_calls import LEYLA, NOOR, opening, watch

# Longer than a gateway takes to end its watches, and shorter than it would wait for them.
SOON = 8


class Edges(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.counter = cls.enterClassContext(Counter())
        cls.address = f"127.0.0.1:{cls.counter.public}"

    def test_a_page_of_this_machine_may_call_and_one_of_a_foreign_site_reads_nothing(self):
        clients = every_client(self.counter.public)
        for client in clients.values():
            self.addCleanup(client.close)
        browser = clients["connect-web in Chromium"]
        listed = {"method": "LifeEventService/ListLifeEvents", "request": {}, "token": None}
        self.assertIn("answers", browser.ask(listed))
        self.assertIn("error", browser.ask({**listed, "foreign": True}))

        token = self.counter.token("citizen", NOOR)
        by_fetch = lambda verb, path, **more: browser.ask({"fetch": path, "verb": verb, "token": token, **more})
        draft = by_fetch("POST", "/v1/drafts", body={"life_event": "birth", "facts": {"birth": {"date": "2026-11-20"}}})
        self.assertEqual(draft["status"], 200, draft)
        changed = by_fetch("PATCH", f"/v1/{draft['body']['name']}", body={"life_event": "birth", "facts": {}})
        self.assertEqual(changed["status"], 200, changed)
        self.assertEqual(by_fetch("GET", "/v1/cases/nothing")["body"]["reason"], "CASE_NOT_FOUND")
        foreign = by_fetch("GET", "/v1/cases", foreign=True)
        self.assertEqual(foreign, {"blocked": "TypeError"})

    def test_health_is_told_and_what_there_is_by_the_older_reflection_too(self):
        with grpc.insecure_channel(self.address) as channel:
            check = channel.unary_unary("/grpc.health.v1.Health/Check")
            asked = b"\x0a\x1bloket.portal.v1.CaseService"
            self.assertEqual((check(b""), check(asked)), (b"\x08\x01", b"\x08\x01"), "serving")
            known = ProtoReflectionDescriptorDatabase(channel)
            self.assertIn("loket.portal.v1.CaseService", known.get_services())
            described = known.FindFileContainingSymbol("loket.portal.v1.CaseService.OpenCase")
            self.assertEqual(described.name, "loket/portal/v1/portal.proto")

    def test_a_compressed_message_is_refused_in_words(self):
        with grpc.insecure_channel(self.address, compression=grpc.Compression.Gzip) as channel:
            stub = portal_pb2_grpc.LifeEventServiceStub(channel)
            with self.assertRaises(grpc.RpcError) as refused:
                stub.ListLifeEvents(portal_pb2.ListLifeEventsRequest(language="nl" * 500))
        refusal = Grpcio.refusal(refused.exception)
        self.assertEqual((refusal["code"], refusal["reason"]), ("UNIMPLEMENTED", "UNIMPLEMENTED"), refusal)
        self.assertIn("without `grpc-encoding`", refusal["message"])


class GoingDown(unittest.TestCase):
    def test_open_watches_end_with_a_word_when_the_gateway_goes_down(self):
        with Counter() as counter:
            token = counter.token("citizen", LEYLA)
            # It waits for an answer, so its watches stay open.
            opened = Curl(counter.public).call(opening("waits", LEYLA, "2026-11-20").by(token))
            name = opened["answers"][0]["case"]["name"]
            call = watch(name).by(token)
            channel = grpc.insecure_channel(f"127.0.0.1:{counter.public}")
            self.addCleanup(channel.close)
            by_grpc = portal_pb2_grpc.CaseServiceStub(channel).WatchCase(
                portal_pb2.WatchCaseRequest(name=name), metadata=(("authorization", f"Bearer {token}"),)
            )
            next(by_grpc)
            events = subprocess.Popen(
                ["curl", "--silent", "--no-buffer", "--header", f"authorization: Bearer {token}",
                 f"http://127.0.0.1:{counter.public}{call.path}"],
                stdout=subprocess.PIPE, text=True,
            )
            self.addCleanup(events.stdout.close)
            while not events.stdout.readline().startswith("data: "):
                pass
            begun = time.monotonic()
            os.kill(counter.pid("gateway"), signal.SIGTERM)
            with self.assertRaises(grpc.RpcError) as ended:
                for _ in by_grpc:
                    pass
            refusal = Grpcio.refusal(ended.exception)
            self.assertEqual((refusal["code"], refusal["reason"]), ("UNAVAILABLE", "SHUTTING_DOWN"), refusal)
            events.stdout.read()
            self.assertEqual(events.wait(SOON), 0, "the stream of events ended in order")
            self.assertLess(time.monotonic() - begun, SOON)


if __name__ == "__main__":
    unittest.main()
