"""The promise of a ministry in Python, to copy: the same key gives the same answer, a cancel leaves a tombstone, a
status question is answered. The answer is kept in one transaction with what the call changed."""

import sqlite3
import threading

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status


class Promise:
    """Calls by key, in the ministry's own books."""

    def __init__(self, path, *tables):
        self.lock = threading.Lock()
        self.books = sqlite3.connect(path, check_same_thread=False)
        self.books.execute("CREATE TABLE IF NOT EXISTS calls (key TEXT PRIMARY KEY, request BLOB, answer BLOB)")
        for table in tables:
            self.books.execute(table)

    def once(self, request, context, do):
        """Does the work of this key, or answers as it did before. `do(books, key)` returns the answer."""
        key = dict(context.invocation_metadata()).get("loket-idempotency-key", "")
        if not key:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the metadata `loket-idempotency-key` is missing")
        wire = request.SerializeToString(deterministic=True)
        # `abort` raises: what was begun is rolled back.
        with self.lock, self.books:
            known = self.books.execute("SELECT request, answer FROM calls WHERE key = ?", (key,)).fetchone()
            if known is None:
                answer = do(self.books, key)
                kept = (key, wire, answer.SerializeToString())
                self.books.execute("INSERT INTO calls VALUES (?, ?, ?)", kept)
                return answer.SerializeToString()
            if known[1] is None:
                tombstoned(context)
            if known[0] != wire:
                context.abort(grpc.StatusCode.ALREADY_EXISTS, "this key belongs to another request")
            return known[1]

    def status(self, key, context):
        """The answer of the call with this key."""
        with self.lock:
            known = self.books.execute("SELECT answer FROM calls WHERE key = ?", (key,)).fetchone()
        if known is None:
            context.abort(grpc.StatusCode.NOT_FOUND, "no call with this key has been done here")
        if known[0] is None:
            tombstoned(context)
        return known[0]

    def cancel(self, key, undo):
        """Takes back what the call with this key changed; one that comes later is refused."""
        with self.lock, self.books:
            undo(self.books, key)
            self.books.execute(
                "INSERT INTO calls VALUES (?, NULL, NULL) ON CONFLICT (key) DO UPDATE SET answer = NULL", (key,)
            )


def tombstoned(context):
    """ABORTED with the reason TOMBSTONED, as google.rpc.ErrorInfo says it."""
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason="TOMBSTONED", domain="loket.v1"))
    message = "this call was cancelled before it came; it was refused"
    status = status_pb2.Status(code=grpc.StatusCode.ABORTED.value[0], message=message, details=[detail])
    context.abort_with_status(rpc_status.to_status(status))
