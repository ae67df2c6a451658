"""Ministries in Python that nobody knew of: one annotates its proto, of one the rules are beside it. They register in a
running counter, are granted what they need, join the plan where their facts put them, and are called in the next case."""

import os
import re
import sqlite3
import subprocess
import sys
import threading
import unittest

import grpc

import swimming
from counter import PROGRAM, Counter
from ministries import NUMBER, ROOT, STEP, Ministry, Office, command_in, service, steps_of, waits_of

RULES = os.path.join(ROOT, "services", "examples", "swimming-python", "rules.yaml")


class Programs:
    """Programs that a test runs beside the counter, with what they say."""

    def __init__(self, counter):
        self.counter = counter
        self.running = []

    def run(self, *command):
        lines = []
        process = subprocess.Popen(
            command, env=self.counter.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        reader = threading.Thread(target=lambda: lines.extend(process.stdout), daemon=True)
        reader.start()
        self.running.append((process, reader))
        return lines

    def until_said(self, lines, words):
        """Waits until a program has said this, and tells all it said."""
        try:
            self.counter.until(lambda: any(words in line for line in lines), f"a program to say `{words}`")
        except AssertionError as error:
            raise AssertionError(f"{error}\nit said:\n{''.join(lines)}") from None
        return "".join(lines)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process, reader in self.running:
            process.terminate()
            process.wait()
            reader.join()
            process.stdout.close()


class OwnMinistries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.counter = cls.enterClassContext(Counter())
        cls.office = Office(cls.counter)
        cls.programs = cls.enterClassContext(Programs(cls.counter))

    def test_one_that_annotates_its_proto(self):
        """The library of the README, which the register has to consent to."""
        books = os.path.join(self.counter.folder.name, "library.db")
        token = self.counter.token("agency", "library")
        desk = f"127.0.0.1:{self.counter.desk}"
        lines = self.programs.run(
            sys.executable, "-m", "library", "--desk", desk, "--books", books, "--token", token
        )
        self.programs.until_said(lines, "registered ['library/first-card']")
        plan = self.office.plan()
        self.assertNotIn("library/first-card", steps_of(plan), "it is in the plan without consent")
        # The error names the very command to run; it is run as it stands.
        told = "\n".join(plan["errors"])
        self.assertIn("library/first-card request.person_number", told)
        self.counter.loket(*command_in(told, "loket grant give population-register person.number library/first-card"))
        plan = self.office.until_planned("library/first-card")
        self.assertEqual(
            waits_of(plan, "library/first-card"),
            {("population-register/person-number", "child.number")}
            | {it for it in waits_of(plan, "library/first-card") if it[1].endswith("?")},
        )
        case = self.office.open()
        self.office.until_step(case, "library/first-card", STEP.STATE_DONE)
        self.office.until_completed(case)
        cards = sqlite3.connect(books).execute("SELECT person, key FROM cards").fetchall()
        self.assertEqual(len(cards), 1, "one child, one card")
        self.assertRegex(cards[0][0], r"^\d{9}$")
        self.assertRegex(cards[0][1], r"^[0-9a-z]{26}$")

    def test_one_whose_rules_are_beside_its_proto(self):
        """The pools know nothing of Loket; an operator registers them with a file of rules."""
        pools = swimming.Vouchers(os.path.join(self.counter.folder.name, "swimming.db"))
        server, port = swimming.serve(pools)
        self.addCleanup(lambda: server.stop(0).wait())
        uri = f"http://127.0.0.1:{port}"
        without = subprocess.run(
            [PROGRAM, "agency", "register", "swimming", uri],
            env=self.counter.environment, capture_output=True, text=True,
        )
        self.assertEqual(without.returncode, 1, without.stdout)
        self.assertIn("rules", without.stderr, "it says that rules may be given beside")
        desk = ["--desk", f"http://127.0.0.1:{self.counter.desk}"]
        lines = self.programs.run(PROGRAM, "agency", "register", "swimming", uri, "--rules", RULES, "--stay", *desk)
        told = self.programs.until_said(lines, "the lease is renewed")
        self.assertIn("swimming/baby-swimming  example.swimming.v1.Vouchers.Issue  by reflection-v1alpha", told)
        shown = self.counter.loket("agency", "show", "swimming")
        self.assertIn("Swimming Pools", shown)
        self.assertRegex(shown, r"swimming/baby-swimming\t\S+\trules\t")
        self.counter.loket(*command_in(told, "loket grant give population-register person.number swimming"))
        plan = self.office.until_planned("swimming/baby-swimming")
        self.assertIn(("population-register/person-number", "child.number"), waits_of(plan, "swimming/baby-swimming"))
        case = self.office.open()
        self.office.until_step(case, "swimming/baby-swimming", STEP.STATE_DONE)
        vouchers = pools.promise.books.execute("SELECT holder, number FROM vouchers").fetchall()
        self.assertEqual([number for _, number in vouchers], ["SW-000001"])

    def test_what_a_call_carries(self):
        """Only the fields that the request names, with key, purpose, receipt and a trace of its own."""
        needs = NUMBER + ' string unmarked = 2; google.type.Date born = 3 [(loket.v1.fact).name = "birth.date"];'
        with Ministry(service("zoo/first-visit", needs=needs)) as zoo:
            self.office.register("zoo", [zoo.uri])
            self.office.grant("zoo/first-visit")
            self.office.until_planned("zoo/first-visit")
            case = self.office.open()
            self.office.until_step(case, "zoo/first-visit", STEP.STATE_DONE)
            (_, request, metadata), = zoo.called()
        self.assertEqual(set(request), {"person_number", "born"})
        self.assertEqual(set(request["born"]), {"year", "month", "day"})
        self.assertRegex(metadata["loket-idempotency-key"], r"^[0-9a-z]{26}$")
        self.assertEqual(metadata["loket-purpose"], "tests")
        self.assertRegex(metadata["loket-received-at"], r"^\d{4}-\d\d-\d\dT")
        self.assertRegex(metadata["traceparent"], r"^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$")
        self.assertTrue(metadata["loket-step"])
        said = " ".join(f"{name}={value}" for name, value in metadata.items())
        self.assertNotIn(case.removeprefix("cases/"), said, "the agency learns of the case")
        self.assertNotIn(request["person_number"], said, "a fact is in the metadata")
        self.office.leave("zoo")

    def test_an_answer_that_is_lost_is_found_by_business_facts(self):
        """A system without a status by key: it is asked by what it knows."""

        class Silent(swimming.Vouchers):
            def Issue(self, request, context):
                super().Issue(request, context)
                context.abort(grpc.StatusCode.INTERNAL, "every answer is lost")

            def Find(self, request, context):
                found.append(request.holder)
                return super().Find(request, context)

        found = []
        pools = Silent(os.path.join(self.counter.folder.name, "finding.db"))
        server, port = swimming.serve(pools)
        self.addCleanup(lambda: server.stop(0).wait())
        with open(RULES) as rules:
            text = rules.read().replace("swimming/baby-swimming", "finding/baby-swimming")
        # What would be done twice by a repeat is asked after instead.
        text = text.replace("EFFECT_IDEMPOTENT", "EFFECT_UNGUARDED").replace("cancel: TakeBack", "")
        beside = os.path.join(self.counter.folder.name, "finding.yaml")
        with open(beside, "w") as file:
            file.write(text)
        self.counter.loket("agency", "register", "finding", f"http://127.0.0.1:{port}", "--rules", beside)
        self.office.grant("finding/baby-swimming", purpose="baby-swimming")
        self.office.until_planned("finding/baby-swimming")
        case = self.office.open()
        self.office.until_step(case, "finding/baby-swimming", STEP.STATE_DONE)
        self.assertEqual(len(found), 1, "it was not asked by business facts")
        vouchers = pools.promise.books.execute("SELECT holder FROM vouchers").fetchall()
        self.assertEqual(vouchers, [(found[0],)])
        self.office.leave("finding")


if __name__ == "__main__":
    unittest.main()
