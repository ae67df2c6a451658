"""A system that knows nothing of Loket but the metadata of a call: the vouchers for baby swimming.

    python swimming.py --port 50061

`loket agency register swimming http://127.0.0.1:50061 --rules rules.yaml --stay` registers it.
"""

import argparse
from concurrent import futures

import grpc
from grpc_reflection.v1alpha import reflection

import swimming_pb2 as swimming
import swimming_pb2_grpc as swimming_grpc
from promise import Promise

VOUCHERS = "CREATE TABLE IF NOT EXISTS vouchers (holder TEXT PRIMARY KEY, number TEXT, key TEXT)"


class Vouchers(swimming_grpc.VouchersServicer):
    def __init__(self, path):
        self.promise = Promise(path, VOUCHERS)

    def Issue(self, request, context):
        if not request.holder:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "holder must not be empty")

        def issue(books, key):
            known = books.execute("SELECT number FROM vouchers WHERE holder = ?", (request.holder,)).fetchone()
            count = books.execute("SELECT count(*) FROM vouchers").fetchone()[0]
            number = known[0] if known else f"SW-{count + 1:06}"
            books.execute("INSERT OR IGNORE INTO vouchers VALUES (?, ?, ?)", (request.holder, number, key))
            return swimming.Voucher(number=number)

        return swimming.Voucher.FromString(self.promise.once(request, context, issue))

    def TakeBack(self, request, context):
        undo = lambda books, key: books.execute("DELETE FROM vouchers WHERE key = ?", (key,))
        self.promise.cancel(request.idempotency_key, undo)
        return swimming.TakenBack()

    def Find(self, request, context):
        with self.promise.lock:
            books = self.promise.books
            known = books.execute("SELECT number FROM vouchers WHERE holder = ?", (request.holder,)).fetchone()
        if known is None:
            context.abort(grpc.StatusCode.NOT_FOUND, "this child has no voucher")
        return swimming.Voucher(number=known[0])


def serve(vouchers, port=0):
    """Opens the pools; the server and its port."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    swimming_grpc.add_VouchersServicer_to_server(vouchers, server)
    name = swimming.DESCRIPTOR.services_by_name["Vouchers"].full_name
    reflection.enable_server_reflection((name, reflection.SERVICE_NAME), server)
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, port


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--books", default="swimming.db")
    options.add_argument("--port", type=int, default=0)
    options = options.parse_args()
    server, port = serve(Vouchers(options.books), options.port)
    print(f"the pools are open on 127.0.0.1:{port}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
