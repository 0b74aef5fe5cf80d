/**
 * One TCP connection, its bytes hashed at both ends. Prints the sha256 in hex.
 *   `node tcp-transfer.ts serve PORT`          receives one connection to its end; first prints a line when it listens
 *   `node tcp-transfer.ts send HOST PORT SIZE` sends SIZE bytes of the payload
 */
import { createHash } from "node:crypto";
import { connect, createServer } from "node:net";
import { Readable } from "node:stream";
import { payload } from "../../../src/lab/payload.ts";

const [role, ...words] = process.argv.slice(2);
const hash = createHash("sha256");

if (role === "serve") {
  const server = createServer((socket) => {
    server.close();
    socket.on("data", (bytes) => hash.update(bytes));
    socket.on("end", () => {
      console.log(hash.digest("hex"));
      socket.end();
    });
  });
  server.listen(Number(words[0]), () => console.log("listening"));
} else {
  const socket = connect({ host: words[0], port: Number(words[1]) });
  const blocks = Readable.from(payload(Number(words[2])));
  blocks.on("data", (block: Buffer) => hash.update(block));
  blocks.pipe(socket);
  socket.resume();
  socket.on("close", () => console.log(hash.digest("hex")));
}
