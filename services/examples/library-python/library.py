"""A ministry in Python: registers at the desk, stays registered, and keeps the promise in a SQLite file.

    python library.py --desk 127.0.0.1:8082 --token "$(loket token --agency library)" --books library.db

The modules `library_pb2*` and `loket.*` are generated; README.md says how.
"""

import argparse
import os
import sqlite3
import threading
import time
from concurrent import futures

import grpc
from grpc_reflection.v1alpha import reflection

import library_pb2 as library
import library_pb2_grpc as library_grpc
from loket.desk.v1 import desk_pb2, desk_pb2_grpc

AGENCY = "library"


class Library(library_grpc.LibraryServiceServicer):
    """Same key, same answer; a cancel leaves a tombstone; a status question is answered."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.books = sqlite3.connect(path, check_same_thread=False)
        self.books.execute("CREATE TABLE IF NOT EXISTS calls (key TEXT PRIMARY KEY, request BLOB, cancelled INTEGER)")
        self.books.execute("CREATE TABLE IF NOT EXISTS cards (person TEXT PRIMARY KEY, key TEXT)")

    def MakeCard(self, request, context):
        key = dict(context.invocation_metadata()).get("loket-idempotency-key", "")
        if not key:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the metadata `loket-idempotency-key` is missing")
        if not request.person_number:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "person_number must not be empty")
        wire = request.SerializeToString(deterministic=True)
        # The answer and the card in one transaction: no crash parts the two.
        with self.lock, self.books:
            known = self.books.execute("SELECT request, cancelled FROM calls WHERE key = ?", (key,)).fetchone()
            if known is None:
                self.books.execute("INSERT INTO calls VALUES (?, ?, 0)", (key, wire))
                self.books.execute("INSERT OR IGNORE INTO cards VALUES (?, ?)", (request.person_number, key))
        if known and known[1]:
            tombstoned(context)
        if known and known[0] != wire:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, "this key belongs to another request")
        return library.MakeCardResponse()

    def CancelCard(self, request, context):
        with self.lock, self.books:
            self.books.execute(
                "INSERT INTO calls VALUES (?, NULL, 1) ON CONFLICT (key) DO UPDATE SET cancelled = 1",
                (request.idempotency_key,),
            )
            self.books.execute("DELETE FROM cards WHERE key = ?", (request.idempotency_key,))
        return library.CancelCardResponse()

    def GetCardStatus(self, request, context):
        with self.lock:
            known = self.books.execute(
                "SELECT cancelled FROM calls WHERE key = ?", (request.idempotency_key,)
            ).fetchone()
        if known is None:
            context.abort(grpc.StatusCode.NOT_FOUND, "no call with this key has been done here")
        if known[0]:
            tombstoned(context)
        return library.MakeCardResponse()


def tombstoned(context):
    """ABORTED with the reason TOMBSTONED, as google.rpc.ErrorInfo says it."""
    from google.protobuf import any_pb2
    from google.rpc import error_details_pb2, status_pb2
    from grpc_status import rpc_status

    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason="TOMBSTONED", domain="loket.v1"))
    message = "this call was cancelled before it came; it was refused"
    status = status_pb2.Status(code=grpc.StatusCode.ABORTED.value[0], message=message, details=[detail])
    context.abort_with_status(rpc_status.to_status(status))


def stay_registered(desk, token, endpoint):
    """Registers, and renews the lease; what the desk says of the plan is printed."""
    metadata = (("authorization", f"Bearer {token}"),)
    stub = desk_pb2_grpc.DeskServiceStub(grpc.insecure_channel(desk.removeprefix("http://")))
    while True:
        try:
            registration = desk_pb2.RegisterAgencyRequest(agency=AGENCY, endpoints=[endpoint])
            registration.titles.add(language="en", value="Public Library")
            registration.lease.seconds = 15
            answer = stub.RegisterAgency(registration, metadata=metadata, timeout=10)
            print(f"registered {[it.id for it in answer.services]} by {answer.source}", flush=True)
            for plan in answer.plans:
                for finding in plan.findings:
                    print(f"{plan.life_event}: {finding}", flush=True)
            while True:
                time.sleep(5)
                stub.Heartbeat(desk_pb2.HeartbeatRequest(agency=AGENCY, endpoint=endpoint), metadata=metadata)
        except grpc.RpcError as error:
            print(f"not registered: {error.code().name} {error.details()}", flush=True)
            time.sleep(1)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--desk", default=os.environ.get("LOKET_DESK_URL", "http://127.0.0.1:8082"))
    options.add_argument("--token", required=True)
    options.add_argument("--books", default="library.db")
    options.add_argument("--port", type=int, default=0)
    options = options.parse_args()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    library_grpc.add_LibraryServiceServicer_to_server(Library(options.books), server)
    names = (library.DESCRIPTOR.services_by_name["LibraryService"].full_name, reflection.SERVICE_NAME)
    reflection.enable_server_reflection(names, server)
    port = server.add_insecure_port(f"127.0.0.1:{options.port}")
    server.start()
    print(f"the library is open on 127.0.0.1:{port}", flush=True)
    stay_registered(options.desk, options.token, f"http://127.0.0.1:{port}")


if __name__ == "__main__":
    main()
