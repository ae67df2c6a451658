"""Portals and a ministry in other languages, against a real counter."""

import json
import os
import subprocess
import sys
import threading
import unittest
import urllib.error
import urllib.request

import grpc

from counter import Counter
from loket.portal.v1 import case_pb2, facts_pb2, portal_pb2, portal_pb2_grpc

NOOR = "999000001"
COMPLETED = case_pb2.Case.STATE_COMPLETED


def rest(counter, method, path, body=None, citizen=NOOR, headers=None):
    request = urllib.request.Request(
        f"http://127.0.0.1:{counter.public}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json", **(headers or {})},
    )
    if citizen:
        request.add_header("authorization", f"Bearer {counter.token('citizen', citizen)}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def birth(order=1, names="Mila"):
    return {
        "role": "mother",
        "facts": {"mother.number": NOOR, "birth.date": "2026-11-20", "birth.municipality": "oosterdam"},
        "members": [
            {
                "role": "child",
                "facts": {
                    "child.birth_order": order,
                    "child.gender": "female",
                    "child.family_name": "van Dijk",
                    "child.given_names": names,
                },
            }
        ],
    }


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.counter = cls.enterClassContext(Counter())

    def test_a_portal_in_rest_reports_and_follows_a_birth(self):
        status, listed = rest(self.counter, "GET", "/v1/lifeEvents", citizen=None)
        self.assertEqual(status, 200)
        self.assertEqual(
            {it["name"] for it in listed["lifeEvents"]},
            {"lifeEvents/birth", "lifeEvents/moving", "lifeEvents/bereavement"},
        )
        body = {"requestId": "rest-1", "lifeEvent": "lifeEvents/birth", "report": birth()}
        status, opened = rest(self.counter, "POST", "/v1/cases", body)
        self.assertEqual(status, 200, opened)
        status, again = rest(self.counter, "POST", "/v1/cases", body)
        self.assertEqual((status, again["replayed"], again["case"]["name"]), (200, True, opened["case"]["name"]))
        other = dict(body, report=birth(names="Anna"))
        status, problem = rest(self.counter, "POST", "/v1/cases", other)
        self.assertEqual(status, 409, problem)
        name = opened["case"]["name"]
        self.counter.until(
            lambda: rest(self.counter, "GET", f"/v1/{name}")[1]["state"] == "COMPLETED", "the case to complete"
        )
        _, disclosures = rest(self.counter, "GET", f"/v1/{name}/disclosures")
        self.assertTrue(disclosures["disclosures"], "nobody got anything")

    def test_problems_say_what_to_do(self):
        body = {"requestId": "bad", "lifeEvent": "lifeEvents/birth", "report": birth()}
        status, problem = rest(self.counter, "POST", "/v1/cases", body, citizen=None)
        self.assertEqual((status, problem["status"]), (401, 401))
        body["report"]["facts"]["birth.date"] = "yesterday"
        status, problem = rest(self.counter, "POST", "/v1/cases", body)
        self.assertEqual(status, 400, problem)
        self.assertIn("birth.date", json.dumps(problem))
        status, problem = rest(self.counter, "GET", "/v1/nothing")
        self.assertEqual((status, problem["status"]), (404, 404))

    def test_a_portal_in_grpc_watches_until_it_is_done(self):
        channel = grpc.insecure_channel(f"127.0.0.1:{self.counter.public}")
        metadata = (("authorization", f"Bearer {self.counter.token('citizen', NOOR)}"),)
        cases = portal_pb2_grpc.CaseServiceStub(channel)
        text = lambda value: facts_pb2.Value(text=value)
        report = facts_pb2.Report(
            role="mother",
            facts={
                "mother.number": text(NOOR),
                "birth.date": text("2026-10-01"),
                "birth.municipality": text("oosterdam"),
            },
        )
        report.members.add(
            role="child",
            facts={
                "child.birth_order": facts_pb2.Value(integer=1),
                "child.gender": text("male"),
                "child.family_name": text("van Dijk"),
            },
        )
        request = portal_pb2.OpenCaseRequest(request_id="grpc-1", life_event="lifeEvents/birth", report=report)
        opened = cases.OpenCase(request, metadata=metadata)
        watch = cases.WatchCase(portal_pb2.WatchCaseRequest(name=opened.case.name), metadata=metadata, timeout=60)
        self.assertTrue(any(change.case.state == COMPLETED for change in watch))


class OwnService(unittest.TestCase):
    """The ten minutes of the README: a ministry in Python, in the next case without a restart."""

    def test_a_ministry_in_python_is_in_the_next_case(self):
        with Counter() as counter:
            books = os.path.join(counter.folder.name, "library.db")
            main = [sys.executable, "-m", "library", "--desk", f"127.0.0.1:{counter.desk}", "--books", books]
            token = counter.token("agency", "library")
            with subprocess.Popen([*main, "--token", token], stdout=subprocess.PIPE, text=True) as ministry:
                lines = []
                reader = threading.Thread(target=lambda: lines.extend(ministry.stdout), daemon=True)
                reader.start()
                try:
                    self.follow(counter, lines)
                finally:
                    ministry.terminate()
                    reader.join()

    def follow(self, counter, lines):
        agencies = lambda: counter.loket("agency", "list")
        counter.until(lambda: "library" in agencies(), "the library to be registered")
        # Not yet in the plan: the population register has not consented to give it the child's number.
        consent = "loket grant give population-register person.number library/first-card"
        self.assertIn(consent, counter.loket("plan", "show", "birth"), "the way out is told")
        counter.loket(
            "grant", "give", "population-register", "person.number", "library/first-card",
            "--purpose", "library-card", "--legal-basis", "Library Act, article 7",
        )
        counter.until(lambda: consent not in counter.loket("plan", "show", "birth"), "the plan to have it")
        body = {"requestId": "library", "lifeEvent": "lifeEvents/birth", "report": birth()}
        _, opened = rest(counter, "POST", "/v1/cases", body)
        name = opened["case"]["name"]
        step = lambda: {it["service"]: it["state"] for it in rest(counter, "GET", f"/v1/{name}")[1]["steps"]}
        counter.until(lambda: step().get("library/first-card") == "DONE", "the library to have done its step")


if __name__ == "__main__":
    unittest.main()
