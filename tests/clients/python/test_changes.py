"""What happens to open cases when ministries and their consents come, go and change."""

import json
import os
import re
import signal
import unittest
from unittest import mock

from counter import Counter
from loket.desk.v1 import desk_pb2
from ministries import NUMBER, STEP, Ministry, Office, compiled, refused, service, steps_of
from grpc import StatusCode

WAITING, DONE = STEP.STATE_WAITING, STEP.STATE_DONE


class Changes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.counter = cls.enterClassContext(Counter())
        cls.office = Office(cls.counter)

    def joined(self, agency, ministry, lease=3600, more=""):
        """Registers an agency with one service, granted, and waits until it is in the plan."""
        id = f"{agency}/visit"
        self.office.register(agency, [ministry.uri], lease=lease)
        self.office.grant(id)
        self.office.until_planned(id)
        self.addCleanup(self.office.leave, agency)
        return id

    def waits(self, case, id, *says):
        """The step waits, for the reason that these words are of."""
        step = self.office.until_step(case, id, WAITING)
        self.counter.until(
            lambda: all(word in self.office.step(case, id).reason for word in says), f"{id} to wait with {says}"
        )
        return step

    def test_one_that_is_down_is_waited_for_and_called_when_it_is_back_elsewhere(self):
        source = service("away/visit")
        with Ministry(source) as ministry:
            id = self.joined("away", ministry)
        case = self.office.open()
        self.waits(case, id, "Away")
        seen = self.office.case(case)
        mine = [it for it in seen.waiting_for if it.who == "away"]
        self.assertTrue(mine and mine[0].HasField("since"), "the portal does not see who is waited for and since when")
        with Ministry(source) as back:
            self.office.register("away", [back.uri])
            self.office.until_step(case, id, DONE)
            self.office.until_completed(case)
            self.assertEqual(len(back.called()), 1)

    def test_a_lease_that_ends_and_is_renewed(self):
        with Ministry(service("lapse/visit")) as ministry:
            id = self.joined("lapse", ministry, lease=2)
            self.counter.until(
                lambda: "not used" in self.counter.loket("agency", "show", "lapse"), "the lease to end"
            )
            case = self.office.open()
            self.waits(case, id, "Lapse is not connected")
            self.assertEqual(ministry.called(), [], "it is called without a lease")
            beat = desk_pb2.HeartbeatRequest(agency="lapse", endpoint=ministry.uri)
            self.office.desk.Heartbeat(beat, metadata=self.office.bearer("agency", "lapse"))
            self.office.until_step(case, id, DONE)
        unknown = desk_pb2.HeartbeatRequest(agency="lapse", endpoint="http://127.0.0.1:9")
        with refused(self, StatusCode.NOT_FOUND, "register again"):
            self.office.desk.Heartbeat(unknown, metadata=self.office.bearer("agency", "lapse"))

    def test_of_two_endpoints_one_dies(self):
        source = service("twofold/visit")
        with Ministry(source) as first, Ministry(source) as second:
            self.office.register("twofold", [first.uri, second.uri])
            self.office.grant("twofold/visit")
            self.office.until_planned("twofold/visit")
            self.addCleanup(self.office.leave, "twofold")
            first.close()
            for _ in range(3):
                self.office.until_step(self.office.open(), "twofold/visit", DONE)
            self.assertEqual(len(second.called()), 3)

    def test_a_gateway_that_is_killed_remembers_who_is_registered(self):
        with Ministry(service("memory/visit")) as ministry:
            id = self.joined("memory", ministry, lease=60)
            pid = next(int(line.split()[1]) for line in self.counter.said().splitlines() if line.startswith("gateway"))
            os.kill(pid, signal.SIGKILL)
            self.counter.until(lambda: "gateway runs again" in self.counter.said(), "the gateway to come back")
            self.office.connect()

            def beats():
                try:
                    beat = desk_pb2.HeartbeatRequest(agency="memory", endpoint=ministry.uri)
                    self.office.desk.Heartbeat(beat, metadata=self.office.bearer("agency", "memory"), wait_for_ready=True, timeout=20)
                    return True
                except Exception:
                    return False

            self.counter.until(beats, "the heartbeat to be taken again")
            self.office.until_step(self.office.open(), id, DONE)
            again = self.office.register("memory", [ministry.uri])
            once_more = self.office.register("memory", [ministry.uri])
            self.assertEqual(again.registry_version, once_more.registry_version, "the same registration is a change")

    def test_a_service_that_is_withdrawn_while_cases_are_open(self):
        """What has begun is finished; what has not waits with that reason, and goes on when it is offered again."""
        with Ministry(service("fickle/visit")) as ministry:
            id = self.joined("fickle", ministry)
            self.counter.loket("grant", "revoke", "population-register", "person.number", id)
            case = self.office.open()
            self.waits(case, id, "Population Register", "Fickle")
            self.office.withdraw("fickle", id)
            self.office.grant(id)
            self.waits(case, id, "Fickle does not offer this any more")
            self.assertEqual(ministry.called(), [])
            self.office.register("fickle", [ministry.uri])
            self.office.until_step(case, id, DONE)
            with refused(self, StatusCode.NOT_FOUND, "fickle/other"):
                self.office.withdraw("fickle", "fickle/other")

    def test_what_is_done_is_finished_though_the_service_is_withdrawn(self):
        """An agency that does not answer, withdraws, and then answers: the call stays with it."""
        silent = True

        def answer(request, context, response):
            if silent:
                context.abort(StatusCode.INTERNAL, "out of order")

        with Ministry(service("finisher/visit"), {"Do": answer, "Status": answer}) as ministry:
            id = self.joined("finisher", ministry)
            case = self.office.open()
            self.office.until_step(case, id, STEP.STATE_IN_DOUBT)
            self.office.withdraw("finisher", id)
            silent = False
            self.office.until_step(case, id, DONE)

    def test_a_service_that_changes_incompatibly_while_cases_are_open(self):
        """They wait with that reason, until somebody publishes the plan that they move to."""
        with Ministry(service("changer/visit")) as old:
            id = self.joined("changer", old)
            self.counter.loket("grant", "revoke", "population-register", "person.number", id)
            case = self.office.open()
            self.waits(case, id, "Population Register")
            self.office.grant(id)
            self.office.until_step(case, id, DONE)
            self.counter.loket("grant", "revoke", "population-register", "person.number", id)
            case = self.office.open()
            self.waits(case, id, "Population Register")
        needs = NUMBER.replace("= 1", "= 7") + ' google.type.Date born = 2 [(loket.v1.fact).name = "birth.date"];'
        with Ministry(service("changer/visit", needs=needs)) as new:
            told = self.office.register("changer", [new.uri])
            self.office.grant(id)
            self.waits(case, id, "Changer has changed its service")
            plan = self.office.plan()
            self.assertNotEqual(plan["published"], plan["candidate"], "an incompatible change publishes itself")
            findings = "\n".join(finding for effect in told.plans for finding in effect.findings)
            self.assertIn("left out", findings)
            self.counter.loket(
                "plan", "publish", "birth", plan["candidate"], "--reason", "it changed", "--move-open-cases"
            )
            self.office.until_step(case, id, DONE)
            (_, request, _), = new.called()
            self.assertEqual(set(request), {"person_number", "born"})

    def test_a_plan_that_is_revoked_parks_its_cases(self):
        with Ministry(service("parked/visit")) as ministry:
            id = self.joined("parked", ministry)
            self.counter.loket("grant", "revoke", "population-register", "person.number", id)
            case = self.office.open()
            self.waits(case, id, "Population Register")
            revoked = self.office.plan()["published"]
            self.counter.loket("plan", "revoke", "birth", revoked, "--reason", "a mistake")
            self.office.grant(id)
            self.waits(case, id, "The rules for this were revoked")
            self.assertEqual(ministry.called(), [])
            self.counter.loket(
                "plan", "publish", "birth", self.office.plan()["candidate"], "--reason", "mended", "--move-open-cases"
            )
            self.office.until_step(case, id, DONE)

    def test_of_a_kind_of_agency_none_is_competent_or_two_say_they_are(self):
        place = 'string municipality = 2 [(loket.v1.fact).name = "birth.municipality"];'
        source = service("pools/visit", more='competence: {fact: "birth.municipality"}', needs=NUMBER + place)
        competent = lambda code: [desk_pb2.CompetentFor(service="pools/*", code=code)]
        with Ministry(source) as east, Ministry(source) as west:
            self.office.register("pools-east", [east.uri], competences=competent("oosterdam"))
            self.office.grant("pools/visit")
            self.office.until_planned("pools/visit")
            self.addCleanup(self.office.leave, "pools-east")
            with refused(self, StatusCode.FAILED_PRECONDITION, "`pools-east` is competent for `oosterdam`"):
                self.office.register("pools-west", [west.uri], competences=competent("oosterdam"))
            with refused(self, StatusCode.INVALID_ARGUMENT, "`atlantis` is no code"):
                self.office.register("pools-west", [west.uri], competences=competent("atlantis"))
            opened = self.counter.loket(
                "case", "open", "birth", "--as", "999000001", "--no-input", "--json", "--set", "birth.date=2026-11-20",
                "--set", "birth.municipality=westerveen", "--set", "child[1].birth_order=1",
                "--set", "child[1].gender=female", "--set", "child[1].family_name=van Dijk",
                "--set", "child[1].given_names=Mila",
            )
            case = json.loads(opened)["case"]["name"]
            self.waits(case, "pools/visit", "No agency is known")
            self.office.register("pools-west", [west.uri], competences=competent("westerveen"))
            self.addCleanup(self.office.leave, "pools-west")
            self.office.until_step(case, "pools/visit", DONE)
            self.assertEqual((len(east.called()), len(west.called())), (0, 1))


class TwoPersons(unittest.TestCase):
    """Where two persons publish: nothing is published by itself, or by one alone."""

    @classmethod
    def setUpClass(cls):
        with mock.patch.dict(os.environ, {"LOKET_PUBLICATION": "two-person"}):
            cls.counter = cls.enterClassContext(Counter())
        cls.office = Office(cls.counter)

    def publish(self, who, candidate):
        return self.counter.loket(
            "plan", "publish", "birth", candidate, "--operator", who, "--reason", "seen by two", "--json"
        )

    def test_one_proposes_and_another_publishes(self):
        registered = lambda: len(self.counter.loket("agency", "list").splitlines())
        self.counter.until(lambda: registered() == 10, "all ministries to be there")
        plan = self.office.plan()
        self.assertEqual(plan["published"], "")
        candidate = plan["candidate"]
        for _ in range(2):
            proposed = json.loads(self.publish("ria", candidate))
            self.assertEqual((proposed["proposed"], proposed["published"]), (True, ""), "one alone publishes")
        published = json.loads(self.publish("joop", candidate))
        self.assertEqual((published["proposed"], published["published"]), (False, candidate))
        case = self.office.open()
        self.office.until_completed(case)
        # A newcomer does not publish itself, and what one proposed counts for that candidate alone.
        with Ministry(service("latecomer/visit")) as ministry:
            told = self.office.register("latecomer", [ministry.uri])
            self.office.grant("latecomer/visit")
            named = lambda: self.office.plan()
            self.counter.until(lambda: named()["candidate"] != candidate, "a candidate with the newcomer")
            self.assertEqual(named()["published"], candidate)
            self.publish("ria", named()["candidate"])
            self.assertEqual(named()["published"], candidate)
            self.publish("joop", named()["candidate"])
            self.assertIn("latecomer/visit", steps_of(named()))


if __name__ == "__main__":
    unittest.main()
