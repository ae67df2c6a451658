"""The same portal calls by Python's grpcio, grpc-js, connect-web in Chromium and in Node, `buf curl` and plain curl:
the same answer, field by field."""

import datetime
import unittest

from callers import Call, every_client, natural
from counter import Counter

NOOR = "999000001"
# Married abroad, which no register here knows.
LEYLA = "999000014"
ASKED = "mother.civil_status"

# What differs between two cases that went the same way: who they are, when, and what was decided for an elder child.
OWN = {
    "name", "reference", "sequence", "createTime", "updateTime", "since", "termEnd", "receipts", "summary", "facts",
    "decision",
}

# A birth of each client's own: days apart, so that each is another; long ago, so that all go the same way, and recent
# enough to be recorded.
DAYS = [str(datetime.date.today() - datetime.timedelta(days=300 - 4 * nth)) for nth in range(7)]


def text(value):
    return {"text": value}


def opening(request_id, mother, date, order=1):
    """A birth, as the contract has it and as REST writes it: the same report."""
    child = {"birth_order": order, "gender": "female", "family_name": "van Dijk", "given_names": "Zoë 🌷 שירה"}
    members = [{"role": "child", "facts": {
        "child.birth_order": {"integer": str(order)},
        **{f"child.{name}": text(child[name]) for name in ("gender", "family_name", "given_names")},
    }}]
    facts = {"mother.number": text(mother), "birth.date": text(date), "birth.municipality": text("oosterdam")}
    request = {
        "requestId": request_id, "lifeEvent": "lifeEvents/birth", "language": "nl",
        "report": {"role": "mother", "facts": facts, "members": members},
    }
    body = {
        "request_id": request_id, "life_event": "birth", "language": "nl", "role": "mother",
        "facts": {
            "mother": {"number": mother}, "birth": {"date": date, "municipality": "oosterdam"}, "child": [child],
        },
    }
    return Call("CaseService/OpenCase", request, ("POST", "/v1/cases", body))


def get(name):
    return Call("CaseService/GetCase", {"name": name, "language": "nl"}, ("GET", f"/v1/{name}?language=nl"))


def watch(name, after=0):
    return Call("CaseService/WatchCase", {"name": name, "after": str(after)}, ("GET", f"/v1/{name}:watch?after={after}"))


def without(value, names):
    if isinstance(value, list):
        return [without(one, names) for one in value]
    if isinstance(value, dict):
        return {name: without(one, names) for name, one in value.items() if name not in names}
    return value


class SameCalls(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.counter = cls.enterClassContext(Counter())
        cls.clients = every_client(cls.counter.public)
        for client in cls.clients.values():
            cls.addClassCleanup(client.close)

    def token(self, citizen=NOOR):
        return self.counter.token("citizen", citizen)

    def same(self, call, but=()):
        """Makes the call by every client; the answers are the same but for these fields. Returns them by client."""
        told = {name: client.call(call) for name, client in self.clients.items()}
        first, of_first = next(iter(told.items()))
        self.assertIn("answers", of_first, of_first)
        wanted = without(natural(of_first["answers"]), but)
        for name, answer in told.items():
            self.assertIn("answers", answer, f"{name}: {answer}")
            self.assertEqual(without(natural(answer["answers"]), but), wanted, f"{name} and {first} differ")
        return told

    def refused(self, call, code, status, reason):
        """Makes a call that every client is refused, for the same reason and in the same words."""
        told = {name: client.call(call) for name, client in self.clients.items()}
        wanted = told["grpcio"].get("error")
        self.assertIsNotNone(wanted, told["grpcio"])
        self.assertEqual((wanted["code"], wanted["reason"]), (code, reason), wanted)
        self.assertEqual(told["curl"]["status"], status)
        for name, answer in told.items():
            refusal = answer["error"]
            if refusal["code"] is not None:
                self.assertEqual(refusal["code"].replace("_", "").lower(), code.replace("_", "").lower(), name)
            for part in ("message", "reason", "fields"):
                self.assertEqual(refusal[part], wanted[part], f"{name}: {part}")

    def finished(self, name, token):
        """The case once its watch has ended: a watch of a case that has ended ends too."""
        answers = self.clients["grpcio"].call(watch(name).by(token))["answers"]
        self.assertIn(answers[-1]["case"]["state"], ("STATE_COMPLETED", "STATE_WITHDRAWN"))
        return answers[-1]["case"]

    def test_reading_is_the_same_by_every_client(self):
        token = self.token()
        self.same(Call("LifeEventService/ListLifeEvents", {"language": "nl"}, ("GET", "/v1/life-events?language=nl")))
        for tongue in ("nl", "en"):
            request = {"name": "lifeEvents/birth", "language": tongue}
            self.same(Call("LifeEventService/GetLifeEvent", request, ("GET", f"/v1/life-events/birth?language={tongue}")))
        report = opening("read-1", NOOR, "2026-09-01")
        request = {"name": "lifeEvents/birth", "language": "nl", "report": report.request["report"]}
        body = {name: report.body[name] for name in ("life_event", "language", "role", "facts")}
        self.same(Call("LifeEventService/PreviewLifeEvent", request, ("POST", "/v1/cases:preview", body)))

        # One request by all: the first opens the case, the others are told that it was opened.
        opened = [client.call(report.by(token))["answers"][0] for client in self.clients.values()]
        self.assertEqual([natural(one).get("replayed", False) for one in opened], [False] + [True] * (len(opened) - 1))
        [name] = {one["case"]["name"] for one in opened}
        self.finished(name, token)
        self.same(report.by(token))
        self.same(get(name).by(token))
        watched = self.same(watch(name).by(token))
        self.assertEqual(len(watched["grpcio"]["answers"]), 1, "a case that has ended is told once")
        self.counter.until(lambda: self.listed(name, token), "the case to be listed")
        # A page token is sealed anew each time: no two are alike.
        pages = Call("CaseService/ListCases", {"pageSize": 1}, ("GET", "/v1/cases?pageSize=1"), token)
        self.same(pages, but={"nextPageToken"})
        self.same(Call("CaseService/ListDisclosures", {"parent": name}, ("GET", f"/v1/{name}/accesses"), token))

    def listed(self, name, token):
        call = Call("CaseService/ListCases", {}, ("GET", "/v1/cases"), token)
        return name in [case["name"] for case in self.clients["grpcio"].call(call)["answers"][0]["cases"]]

    def test_refusals_are_the_same_by_every_client(self):
        token = self.token()
        self.refused(get("cases/nothing").by(token), "NOT_FOUND", 404, "CASE_NOT_FOUND")
        self.refused(get("cases/nothing"), "UNAUTHENTICATED", 401, "UNAUTHENTICATED")
        self.refused(get("cases/nothing").by(token[:-3] + "abc"), "UNAUTHENTICATED", 401, "INVALID_TOKEN")
        agency = self.counter.token("agency", "civil-registry")
        self.refused(get("cases/nothing").by(agency), "PERMISSION_DENIED", 403, "PERMISSION_DENIED")
        eclipse = Call("LifeEventService/GetLifeEvent", {"name": "lifeEvents/eclipse"}, ("GET", "/v1/life-events/eclipse"))
        self.refused(eclipse, "NOT_FOUND", 404, "LIFE_EVENT_NOT_FOUND")
        # In the contract's own form in REST too: so written, places are told as the contract has them.
        as_contract = lambda facts: {"role": "mother", "facts": facts, "members": [{"role": "child"}]}
        for given, reason in (({}, "FACTS_MISSING"), ({"birth.date": "yesterday"}, "WRONG_FACT_TYPE")):
            lacking = opening("refused-1", NOOR, "2026-01-01")
            lacking.request["report"] = as_contract({name: text(value) for name, value in given.items()})
            del lacking.body["facts"], lacking.body["role"]
            lacking.body["report"] = as_contract(given)
            self.refused(lacking.by(token), "INVALID_ARGUMENT", 400, reason)
        nobody = opening(" ", NOOR, "2026-01-01")
        nobody.request["requestId"] = nobody.body["request_id"] = "é" * 3
        self.refused(nobody.by(token), "INVALID_ARGUMENT", 400, "INVALID_REQUEST")
        pages = Call("CaseService/ListCases", {"pageSize": -1}, ("GET", "/v1/cases?pageSize=-1"), token)
        self.refused(pages, "INVALID_ARGUMENT", 400, "INVALID_REQUEST")
        pages = Call("CaseService/ListCases", {"pageToken": "x"}, ("GET", "/v1/cases?pageToken=x"), token)
        self.refused(pages, "INVALID_ARGUMENT", 400, "INVALID_PAGE_TOKEN")

    def test_each_client_answers_a_question_and_its_case_goes_on_as_the_others(self):
        token, cases = self.token(LEYLA), {}
        for day, (client_name, client) in zip(DAYS, self.clients.items(), strict=True):
            opened = client.call(opening(f"answer-{day}", LEYLA, day).by(token))
            self.assertIn("answers", opened, f"{client_name}: {opened}")
            name = opened["answers"][0]["case"]["name"]
            asked = self.asked(name, token)
            answers = [{"fact": ASKED, "value": text("unmarried")}]
            rest = ("POST", f"/v1/{name}:answer", {"answers": [{"fact": ASKED, "value": "unmarried"}]})
            answered = client.call(Call("CaseService/AnswerQuestions", {"name": name, "answers": answers}, rest, token))
            self.assertIn("answers", answered, f"{client_name}: {answered}")
            cases[client_name] = (asked, name)
        finished = {client: [asked, self.finished(name, token)] for client, (asked, name) in cases.items()}
        wanted = without(natural(finished["grpcio"]), OWN)
        for client_name, told in finished.items():
            self.assertEqual(without(natural(told), OWN), wanted, client_name)

    def asked(self, name, token):
        """The question, once it is asked."""
        seen = []

        def some():
            questions = self.clients["grpcio"].call(get(name).by(token))["answers"][0]["questions"]
            seen[:] = [question for question in questions if question["fact"] == ASKED]
            return seen

        self.counter.until(some, "a question")
        return list(seen)

    def test_each_client_withdraws_its_case_and_the_same_is_left(self):
        token, left = self.token(), {}
        for day, (client_name, client) in zip(DAYS, self.clients.items(), strict=True):
            opened = client.call(opening(f"withdraw-{day}", NOOR, day).by(token))
            name = opened["answers"][0]["case"]["name"]
            self.finished(name, token)
            request = {"name": name, "reason": "Reported by mistake"}
            rest = ("POST", f"/v1/{name}:withdraw", {"reason": "Reported by mistake"})
            withdrawn = client.call(Call("CaseService/WithdrawCase", request, rest, token))
            self.assertIn("answers", withdrawn, f"{client_name}: {withdrawn}")
            left[client_name] = without(natural(self.finished(name, token)), OWN)
        for client_name, told in left.items():
            self.assertEqual(told["state"], "WITHDRAWN", client_name)
            self.assertEqual(told["steps"], left["grpcio"]["steps"], client_name)


if __name__ == "__main__":
    unittest.main()
