// A portal in Node: gRPC by grpc-js, with the proto files as they are.
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import protobuf from "protobufjs";
import { serve } from "./lines.js";

const CONTRACT = new URL("../../../proto/", import.meta.url).pathname;
const FORM = { includeDirs: [CONTRACT], longs: String, enums: String, bytes: String, defaults: true };
const loaded = grpc.loadPackageDefinition(loader.loadSync("loket/portal/v1/portal.proto", FORM)).loket.portal.v1;
const details = new protobuf.Root();
details.resolvePath = (_, path) => CONTRACT + path;
details.loadSync(["google/rpc/status.proto", "google/rpc/error_details.proto"]);
const clients = new Map();

function client(address, service) {
  const known = clients.get(service);
  if (known) return known;
  const made = new loaded[service](new URL(address).host, grpc.credentials.createInsecure());
  clients.set(service, made);
  return made;
}

await serve(async ({ address, method, request, token }) => {
  const [service, name] = method.split("/");
  const metadata = new grpc.Metadata();
  if (token) metadata.set("authorization", `Bearer ${token}`);
  const made = client(address, service);
  try {
    if (loaded[service].service[name].responseStream) {
      const answers = [];
      for await (const answer of made[name](request, metadata)) answers.push(written(answer));
      return { answers };
    }
    const answer = await new Promise((done, refused) =>
      made[name](request, metadata, (error, answered) => (error ? refused(error) : done(answered))),
    );
    return { answers: [written(answer)] };
  } catch (error) {
    if (error.code === undefined) throw error;
    return { error: refusal(error) };
  }
});

// A moment is seconds and nanoseconds here; everywhere else it is written out.
function written(value) {
  if (Array.isArray(value)) return value.map(written);
  if (value === null || typeof value !== "object") return value;
  const names = Object.keys(value);
  if (names.length === 2 && names.includes("seconds") && names.includes("nanos")) {
    const whole = new Date(Number(value.seconds) * 1000).toISOString().slice(0, 19);
    return `${whole}.${String(value.nanos).padStart(9, "0")}Z`;
  }
  return Object.fromEntries(names.map((name) => [name, written(value[name])]));
}

function refusal(error) {
  const read = (type, bytes) => details.lookupType(type).decode(bytes);
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  const told = bytes ? read("google.rpc.Status", bytes).details : [];
  const detail = (type) => told.filter((it) => it.type_url.endsWith(`/${type}`)).map((it) => read(type, it.value))[0];
  const bad = detail("google.rpc.BadRequest");
  return {
    code: grpc.status[error.code],
    message: error.details,
    reason: detail("google.rpc.ErrorInfo")?.reason,
    fields: (bad?.fieldViolations ?? []).map(({ field, description }) => ({ field, description })),
  };
}
