/**
 * `node udp-refusal.ts ADDRESS PORT`: sends datagrams from a connected socket until an ICMP error says that nobody listens.
 * Prints {"refused"} as JSON; gives up after 3 s.
 */
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";

const [address, port] = process.argv.slice(2);
const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");

function finish(refused: boolean): void {
  console.log(JSON.stringify({ refused }));
  process.exit();
}

socket.on("error", ({ code }: NodeJS.ErrnoException) => finish(code === "ECONNREFUSED"));
socket.connect(Number(port), address, () => {
  socket.send("anybody there?");
  setInterval(() => socket.send("anybody there?"), 300);
});
setTimeout(finish, 3000, false);
