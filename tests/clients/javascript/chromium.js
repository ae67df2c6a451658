// A portal in a browser: a page served on loopback, shown by Debian's Chromium, that calls by gRPC-Web across origins.
//   node chromium.js SCRIPT_OF_THE_PAGE PROGRAM_OF_CHROMIUM
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { chromium } from "playwright-core";
import { serve } from "./lines.js";

// A name that is not this machine's and leads to it all the same: a foreign site.
const FOREIGN = "portal.example";
const QUIET = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
  `--host-resolver-rules=MAP ${FOREIGN} 127.0.0.1`,
];

const [script, executablePath] = process.argv.slice(2);
const source = await readFile(script);
const site = createServer((request, response) => {
  const isScript = request.url === "/portal.js";
  response.setHeader("content-type", isScript ? "text/javascript" : "text/html; charset=utf-8");
  response.end(isScript ? source : "<!doctype html><title>A portal</title><script src=/portal.js></script>");
});
await new Promise((listening) => site.listen(0, "127.0.0.1", listening));
const browser = await chromium.launch({ executablePath, args: QUIET, chromiumSandbox: false });
const pages = new Map();

async function page(host) {
  if (!pages.has(host)) {
    const opened = await browser.newPage();
    await opened.goto(`http://${host}:${site.address().port}/`);
    pages.set(host, opened);
  }
  return pages.get(host);
}

await serve(async (asked) => {
  const shown = await page(asked.foreign ? FOREIGN : "127.0.0.1");
  if (asked.fetch) return shown.evaluate(fetched, asked);
  return shown.evaluate((call) => globalThis.portal.call(call), asked);
});
await browser.close();
site.close();

// Runs in the page: REST by the browser's own fetch, as far as a page may read it.
async function fetched({ address, fetch: path, verb, token, body }) {
  const headers = { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) };
  try {
    const answer = await fetch(address + path, { method: verb, headers, body: body && JSON.stringify(body) });
    return { status: answer.status, body: await answer.json() };
  } catch (thrown) {
    return { blocked: thrown.name };
  }
}
