// A portal in JavaScript: gRPC-Web by connect-web, the same in a browser and in Node.
import { createClient, ConnectError, Code } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { createRegistry, fromJson, toJson } from "@bufbuild/protobuf";
import { CaseService, LifeEventService, file_loket_portal_v1_portal } from "contract/loket/portal/v1/portal_pb.js";
import { BadRequestSchema, ErrorInfoSchema } from "contract/google/rpc/error_details_pb.js";

const SERVICES = { CaseService, LifeEventService };
const registry = createRegistry(file_loket_portal_v1_portal);

// Makes one call: `method` is `CaseService/GetCase`, `request` its message as JSON. Every answer of a stream is told.
export async function call({ address, method, request, token }) {
  const authorise = (next) => (asked) => {
    if (token) asked.header.set("authorization", `Bearer ${token}`);
    return next(asked);
  };
  const transport = createGrpcWebTransport({ baseUrl: address, interceptors: [authorise] });
  const [service, name] = method.split("/");
  const rpc = SERVICES[service].methods.find((it) => it.name === name);
  const client = createClient(SERVICES[service], transport);
  const message = fromJson(rpc.input, request, { registry });
  const written = (answer) => toJson(rpc.output, answer, { registry, alwaysEmitImplicit: true });
  try {
    const answers = [];
    if (rpc.methodKind === "server_streaming") {
      for await (const answer of client[rpc.localName](message)) answers.push(written(answer));
    } else {
      answers.push(written(await client[rpc.localName](message)));
    }
    return { answers };
  } catch (thrown) {
    return { error: refusal(ConnectError.from(thrown)) };
  }
}

function refusal(error) {
  const [info] = error.findDetails(ErrorInfoSchema);
  const [bad] = error.findDetails(BadRequestSchema);
  return {
    code: Code[error.code],
    message: error.rawMessage,
    reason: info?.reason,
    fields: (bad?.fieldViolations ?? []).map(({ field, description }) => ({ field, description })),
  };
}
