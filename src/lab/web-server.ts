/**
 * A lab host's web server, run in its namespace: `node web-server.ts --port 8000 --text "i am master"`.
 *
 *   GET /          the text
 *   GET /bytes/N   N bytes of payload.ts
 *   PUT /digest    the sha256 of what was sent
 * Prints one line when it listens, and ends when its stdin (if it is a pipe) closes.
 */
import { createHash } from "node:crypto";
import { fstatSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { payload } from "./payload.ts";

const { values } = parseArgs({
  options: { port: { type: "string", default: "8000" }, text: { type: "string", default: "" } },
});

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.keepAliveTimeout = 1000;
server.listen(Number(values.port), () => console.log(`listening on port ${values.port}`));

const stdin = fstatSync(0);
if (stdin.isFIFO() || stdin.isSocket()) process.stdin.on("end", () => process.exit(0)).resume();

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const size = /^\/bytes\/(\d+)$/.exec(request.url ?? "");
  if (size) {
    response.setHeader("content-length", size[1]);
    await pipeline(payload(Number(size[1])), response);
  } else if (request.method === "PUT" && request.url === "/digest") {
    const hash = createHash("sha256");
    for await (const chunk of request) hash.update(chunk as Buffer);
    response.end(`${hash.digest("hex")}\n`);
  } else if (request.url === "/" || request.url === "/index.html") {
    response.setHeader("content-type", "text/html");
    response.end(`${values.text}\n`);
  } else {
    response.statusCode = 404;
    response.end("not here\n");
  }
}
