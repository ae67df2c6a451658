"""Two agencies for a life event that came with no program: python job_loss.py employment-office --token …"""

import argparse
import os
from concurrent import futures

import grpc
from grpc_reflection.v1alpha import reflection

import job_loss_pb2 as wire
import job_loss_pb2_grpc as wire_grpc
from google.type import money_pb2
from loket.desk.v1 import desk_pb2, desk_pb2_grpc
from loket.v1 import annotations_pb2 as loket
from promise import Promise
from registered import stay_registered

REGISTERED = "CREATE TABLE IF NOT EXISTS registered (person TEXT, key TEXT PRIMARY KEY)"


class EmploymentOffice(wire_grpc.EmploymentOfficeServicer):
    def __init__(self, path):
        self.promise = Promise(path, REGISTERED)

    def Register(self, request, context):
        require(context, person_number=request.person_number, ended_on=request.ended_on.year)

        def register(books, key):
            books.execute("INSERT INTO registered VALUES (?, ?)", (request.person_number, key))
            return wire.Registration(since=request.ended_on)

        return wire.Registration.FromString(self.promise.once(request, context, register))

    def CancelRegistration(self, request, context):
        undo = lambda books, key: books.execute("DELETE FROM registered WHERE key = ?", (key,))
        self.promise.cancel(request.idempotency_key, undo)
        return wire.Cancelled()

    def GetRegistration(self, request, context):
        return wire.Registration.FromString(self.promise.status(request.idempotency_key, context))


class UnemploymentFund(wire_grpc.UnemploymentFundServicer):
    def __init__(self, path):
        self.promise = Promise(path)

    def Decide(self, request, context):
        require(context, person_number=request.person_number, employer=request.employer)

        def decide(books, key):
            decision = loket.Decision(
                result=loket.Decision.RESULT_GRANTED, rule_version="unemployment-benefit/2026-01", automated=True
            )
            decision.reasons.add(code="insured", legal_basis="Unemployment Act, article 42").texts.add(
                language="en", value="You were insured against unemployment."
            )
            monthly = money_pb2.Money(currency_code="EUR", units=1820)
            return wire.Benefit(decision=decision, monthly=monthly, **{"from": request.seeker_since})

        return wire.Benefit.FromString(self.promise.once(request, context, decide))

    def CancelDecision(self, request, context):
        self.promise.cancel(request.idempotency_key, lambda books, key: None)
        return wire.Cancelled()

    def GetDecision(self, request, context):
        return wire.Benefit.FromString(self.promise.status(request.idempotency_key, context))


def require(context, **fields):
    for name, value in fields.items():
        if not value:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{name} must be given")


AGENCIES = {
    "employment-office": ("EmploymentOffice", EmploymentOffice, wire_grpc.add_EmploymentOfficeServicer_to_server),
    "unemployment-fund": ("UnemploymentFund", UnemploymentFund, wire_grpc.add_UnemploymentFundServicer_to_server),
}


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("agency", choices=AGENCIES)
    options.add_argument("--desk", default=os.environ.get("LOKET_DESK_URL", "http://127.0.0.1:8082"))
    options.add_argument("--token", required=True)
    options.add_argument("--books")
    options = options.parse_args()
    name, agency, add = AGENCIES[options.agency]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    add(agency(options.books or f"{options.agency}.db"), server)
    full_name = wire.DESCRIPTOR.services_by_name[name].full_name
    reflection.enable_server_reflection((full_name, reflection.SERVICE_NAME), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"{options.agency} is open on 127.0.0.1:{port}", flush=True)
    registration = desk_pb2.RegisterAgencyRequest(agency=options.agency, endpoints=[f"http://127.0.0.1:{port}"])
    registration.titles.add(language="en", value=options.agency.replace("-", " ").title())
    stay_registered(options.desk, options.token, registration)


if __name__ == "__main__":
    main()
