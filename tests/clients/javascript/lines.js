// Makes the calls that come as lines of JSON on standard input, and tells each answer as a line on standard output.
import { createInterface } from "node:readline";

export async function serve(call) {
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await call(JSON.parse(line)).catch((thrown) => ({ failure: String(thrown?.stack ?? thrown) }));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}
