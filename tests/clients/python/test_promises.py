"""`loket agency check` finds each broken promise of a ministry, and no other."""

import json
import os
import subprocess
import tempfile
import threading
import time
import unittest

from grpc import StatusCode

import swimming
from counter import PROGRAM
from ministries import NUMBER, Ministry, refuse, service

ALL = {
    "bad input is refused",
    "answers within its deadline",
    "a call without a key is refused",
    "same key, same answer",
    "same key, other request is refused",
    "status answers what was answered",
    "a cancelled call stays cancelled",
    "status of an unknown key is NOT_FOUND",
    "a late call after its cancel is refused",
}


class Keeper:
    """A ministry that keeps its promise, but for what it is told to break."""

    def __init__(self, *breaks):
        self.breaks = breaks
        self.lock = threading.Lock()
        self.done = {}
        self.cancelled = set()

    def do(self, request, context, response):
        key = dict(context.invocation_metadata()).get("loket-idempotency-key", "")
        if not key and "keyless" not in self.breaks:
            context.abort(StatusCode.INVALID_ARGUMENT, "the key is missing")
        if not request.person_number:
            if "internal" in self.breaks:
                raise RuntimeError("a bug")
            if "bad-input" not in self.breaks:
                context.abort(StatusCode.INVALID_ARGUMENT, "person_number must be given")
        if "deadline" in self.breaks:
            time.sleep(1.5)
        with self.lock:
            if key in self.cancelled and "tombstone" not in self.breaks:
                refuse(context, StatusCode.ABORTED, "TOMBSTONED")
            known = self.done.get(key)
            if known and known[0] != request.person_number and "key-reused" not in self.breaks:
                context.abort(StatusCode.ALREADY_EXISTS, "this key belongs to another request")
            if known is None or "idempotency" in self.breaks:
                known = self.done[key] = (request.person_number, f"A-{len(self.done)}-{time.monotonic_ns()}")
            response.number = known[1]

    def cancel(self, request, context, response):
        with self.lock:
            if "cancel" in self.breaks:
                context.abort(StatusCode.NOT_FOUND, "no such call")
            self.cancelled.add(request.idempotency_key)

    def status(self, request, context, response):
        with self.lock:
            key = request.idempotency_key
            if key in self.cancelled:
                refuse(context, StatusCode.ABORTED, "TOMBSTONED")
            if key not in self.done and "unknown" not in self.breaks:
                context.abort(StatusCode.NOT_FOUND, "no such call")
            response.number = "wrong" if "status" in self.breaks else self.done.get(key, ("", "none"))[1]


def ministry(*breaks):
    keeper = Keeper(*breaks)
    source = service("keeper/visit", more='timeout: "1s"', gives="string number = 1;")
    return Ministry(source, {"Do": keeper.do, "Cancel": keeper.cancel, "Status": keeper.status})


class Promises(unittest.TestCase):
    def check(self, uri, *more):
        """What the check found: promise -> (verdict, detail), and its exit code."""
        done = subprocess.run(
            [PROGRAM, "agency", "check", uri, "--json", *more], capture_output=True, text=True, timeout=120
        )
        self.assertTrue(done.stdout, done.stderr)
        found = json.loads(done.stdout)["promises"]
        return {it["promise"]: (it["verdict"], it["detail"]) for it in found}, done.returncode

    def test_a_ministry_that_keeps_all(self):
        with ministry() as keeper:
            found, code = self.check(keeper.uri)
        self.assertEqual({name: verdict for name, (verdict, _) in found.items()}, dict.fromkeys(ALL, "kept"))
        self.assertEqual(code, 0)

    def test_each_broken_promise_is_named(self):
        for breaks, promise, says in [
            ("idempotency", "same key, same answer", "answered differently"),
            ("keyless", "a call without a key is refused", "could not be recognised"),
            ("key-reused", "same key, other request is refused", "OK"),
            ("tombstone", "a late call after its cancel is refused", "the late call is done"),
            ("tombstone", "a cancelled call stays cancelled", "the late call is done"),
            ("cancel", "a late call after its cancel is refused", "cancelling a key never seen fails"),
            ("status", "status answers what was answered", "another answer"),
            ("unknown", "status of an unknown key is NOT_FOUND", "OK"),
            ("deadline", "answers within its deadline", "no answer within 1s"),
            ("internal", "bad input is refused", "not INVALID_ARGUMENT"),
            ("bad-input", "bad input is refused", "answered with OK"),
        ]:
            with self.subTest(breaks=breaks, promise=promise), ministry(breaks) as keeper:
                found, code = self.check(keeper.uri)
                verdict, detail = found[promise]
                self.assertEqual((verdict, code), ("BROKEN", 6), found)
                self.assertIn(says, detail)

    def test_the_examples_keep_theirs(self):
        import library_pb2_grpc
        import library
        from concurrent import futures
        import grpc
        from grpc_reflection.v1alpha import reflection

        with tempfile.TemporaryDirectory() as folder:
            server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
            books = library.Library(os.path.join(folder, "library.db"))
            library_pb2_grpc.add_LibraryServiceServicer_to_server(books, server)
            names = ("example.library.v1.LibraryService", reflection.SERVICE_NAME)
            reflection.enable_server_reflection(names, server)
            port = server.add_insecure_port("127.0.0.1:0")
            server.start()
            self.addCleanup(lambda: server.stop(0).wait())
            found, code = self.check(f"http://127.0.0.1:{port}")
            self.assertEqual((code, {verdict for verdict, _ in found.values()}), (0, {"kept"}), found)
            pools = swimming.Vouchers(os.path.join(folder, "swimming.db"))
            server, port = swimming.serve(pools)
            self.addCleanup(lambda: server.stop(0).wait())
            rules = os.path.join(os.path.dirname(swimming.__file__), "rules.yaml")
            found, code = self.check(f"http://127.0.0.1:{port}", "--rules", rules)
            broken = {name: found for name, found in found.items() if found[0] == "BROKEN"}
            self.assertEqual((code, broken), (0, {}), found)


if __name__ == "__main__":
    unittest.main()
