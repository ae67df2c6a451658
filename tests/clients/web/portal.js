// A portal in JavaScript: lists life events, reports a birth and follows it, all by gRPC-Web.
//   node portal.js http://127.0.0.1:8080 TOKEN REQUEST_ID
import { createClient, ConnectError, Code } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { LifeEventService, CaseService } from "./gen/loket/portal/v1/portal_pb.js";

const [address, token, requestId] = process.argv.slice(2);
const authorise = (next) => async (request) => {
  request.header.set("authorization", `Bearer ${token}`);
  return next(request);
};
const transport = createGrpcWebTransport({ baseUrl: address, interceptors: [authorise] });
const lifeEvents = createClient(LifeEventService, transport);
const cases = createClient(CaseService, transport);

const text = (value) => ({ kind: { case: "text", value } });
const listed = await lifeEvents.listLifeEvents({ language: "nl" });
console.log(`life events: ${listed.lifeEvents.map((it) => it.name).sort().join(" ")}`);

const opened = await cases.openCase({
  requestId,
  lifeEvent: "lifeEvents/birth",
  report: {
    role: "mother",
    facts: {
      "mother.number": text("999000001"),
      "birth.date": text("2026-07-01"),
      "birth.municipality": text("oosterdam"),
    },
    members: [
      {
        role: "child",
        facts: {
          "child.birth_order": { kind: { case: "integer", value: 1n } },
          "child.gender": text("female"),
          "child.family_name": text("van Dijk"),
          "child.given_names": text("Mila"),
        },
      },
    ],
  },
});
console.log(`opened: ${opened.case.name}`);
for await (const change of cases.watchCase({ name: opened.case.name })) {
  if (change.case.state === 3) {
    console.log("completed");
    break;
  }
}
try {
  await cases.getCase({ name: "cases/nothing" });
} catch (error) {
  console.log(`refused: ${Code[ConnectError.from(error).code]}`);
}
