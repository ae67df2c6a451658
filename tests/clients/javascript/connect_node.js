// connect-web in Node: gRPC-Web over HTTP/1.1 by Node's own fetch.
import { call } from "./connect_web.js";
import { serve } from "./lines.js";

await serve(call);
