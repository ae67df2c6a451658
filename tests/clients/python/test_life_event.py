"""A fourth life event needs only files and annotations: nothing is built for it, and nothing restarted."""

import json
import os
import subprocess
import sys
import unittest

from counter import PROGRAM, Counter
from ministries import ROOT, STEP, Office, command_in, waits_of
from test_ministries import Programs

FILES = os.path.join(ROOT, "services", "examples", "job-loss-python")
REPORT = ["--no-input", "--set", "job.ended_on=2026-11-20", "--set", "job.employer=Bakery De Molen"]


class FourthLifeEvent(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.counter = cls.enterClassContext(Counter())
        cls.office = Office(cls.counter)
        cls.programs = cls.enterClassContext(Programs(cls.counter))

    def fails(self, *arguments):
        done = subprocess.run(
            [PROGRAM, *arguments], env=self.counter.environment, capture_output=True, text=True
        )
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stderr

    def agency(self, name):
        books = os.path.join(self.counter.folder.name, f"{name}.db")
        token = self.counter.token("agency", name)
        desk = f"127.0.0.1:{self.counter.desk}"
        lines = self.programs.run(
            sys.executable, "-m", "job_loss", name, "--desk", desk, "--token", token, "--books", books
        )
        return self.programs.until_said(lines, f"registered ['{name}/")

    def test_losing_a_job(self):
        pids = [line for line in self.counter.said().splitlines() if line.startswith("gateway")]
        file = lambda name: os.path.join(FILES, name)
        # The life event without its concepts is refused, with what is missing.
        told = self.fails("life-event", "put", file("job-loss.yaml"))
        self.assertIn("job.ended_on", told)
        self.counter.loket("dictionary", "put", file("work.yaml"))
        self.counter.loket("life-event", "put", file("job-loss.yaml"))
        self.assertNotIn("job-loss", self.counter.loket("life-event", "list"), "nobody serves it yet")
        self.assertIn("job-loss", self.fails("case", "open", "job-loss", "--as", "999000001", *REPORT))
        self.agency("employment-office")
        told = self.agency("unemployment-fund")
        self.counter.loket(*command_in(told, "loket grant give employment-office person.seeker_since"))
        plan = self.office.until_planned("unemployment-fund/benefit", life_event="job-loss")
        waits = waits_of(plan, "unemployment-fund/benefit")
        self.assertIn(("employment-office/registration", "worker.seeker_since"), waits)
        self.assertIn("can be reported", self.counter.loket("life-event", "list").split("job-loss")[1].splitlines()[0])
        asked = self.counter.loket("life-event", "show", "job-loss")
        for question in ["job.ended_on", "job.employer", "Last day of your job"]:
            self.assertIn(question, asked)
        opened = self.counter.loket("case", "open", "job-loss", "--as", "999000001", "--wait", "--json", *REPORT)
        case = json.loads(opened)
        self.assertEqual(case["state"], "COMPLETED")
        self.assertEqual({step["state"] for step in case["steps"]}, {"DONE"})
        facts = {fact["fact"]: fact for fact in case["facts"]}
        self.assertIn("1820", json.dumps(facts["job.benefit_monthly"]))
        # The other life events go on as they were, and nothing was started anew.
        self.office.until_completed(self.office.open())
        self.assertEqual(pids, [line for line in self.counter.said().splitlines() if line.startswith("gateway")])

    def test_a_file_that_is_wrong_changes_nothing(self):
        path = os.path.join(self.counter.folder.name, "wedding.yaml")
        with open(path, "w") as file:
            file.write("id: wedding\ntitles: {en: Wedding}\nroles: []\n")
        told = self.fails("life-event", "put", path)
        self.assertIn("life-events/wedding.yaml", told)
        self.assertNotIn("wedding", self.counter.loket("life-event", "list"))
        with open(path, "w") as file:
            file.write("concepts:\n  - {name: person.number, definition: x, type: text, owner: zoo, source: x}\n")
        told = self.fails("dictionary", "put", path)
        self.assertIn("person.number", told)


if __name__ == "__main__":
    unittest.main()
