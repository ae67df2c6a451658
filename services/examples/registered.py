"""Stays registered at the desk, to copy: registers, renews the lease, and registers again where it has to."""

import time

import grpc

from loket.desk.v1 import desk_pb2, desk_pb2_grpc

LEASE_SECONDS = 15


def stay_registered(desk, token, registration):
    """Never returns; what the desk says of the plans is printed."""
    metadata = (("authorization", f"Bearer {token}"),)
    stub = desk_pb2_grpc.DeskServiceStub(grpc.insecure_channel(desk.removeprefix("http://")))
    registration.lease.seconds = LEASE_SECONDS
    while True:
        try:
            answer = stub.RegisterAgency(registration, metadata=metadata, timeout=15)
            print(f"registered {[it.id for it in answer.services]} by {answer.source}", flush=True)
            for plan in answer.plans:
                for finding in plan.findings:
                    print(f"{plan.life_event}: {finding}", flush=True)
            while True:
                time.sleep(LEASE_SECONDS / 3)
                for endpoint in registration.endpoints:
                    beat = desk_pb2.HeartbeatRequest(agency=registration.agency, endpoint=endpoint)
                    stub.Heartbeat(beat, metadata=metadata, timeout=5)
        except grpc.RpcError as error:
            print(f"not registered: {error.code().name} {error.details()}", flush=True)
            time.sleep(1)
