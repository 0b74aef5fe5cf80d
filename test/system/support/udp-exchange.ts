/**
 * `node udp-exchange.ts ADDRESS PORT COUNT SIZE [IN_FLIGHT]`: sends COUNT datagrams of SIZE bytes to an echo server, no more
 * on the way than hosts have room for (and IN_FLIGHT), and compares what comes back byte by byte. Prints {"sent", "returned", "damaged"} as JSON; gives up after 5 s of silence.
 *
 * The first goes alone: until a host knows its neighbour's address it keeps 208 KiB for it (unres_qlen_bytes) and throws away the
 * oldest of more. 246 datagrams of 200 bytes at once lose 80 there, and no switch has seen them.
 */
import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";

/** Fits the shortest ring or queue of a port, that of AF_XDP (XDP_RECEIVE_CHUNKS, 2816 frames), with all of it on one way. */
const MOST_IN_FLIGHT = 2500;
/** Of a socket's receive buffer, what a datagram takes besides its own bytes. */
const ROOM = 1024;
const SILENCE = 5000;

const [address, ...numbers] = process.argv.slice(2);
const [port, count, size, inFlight = MOST_IN_FLIGHT] = numbers.map(Number);

const outstanding = new Set<number>();
let sent = 0;
let returned = 0;
let damaged = 0;

/** Its number, then bytes that depend on it. */
function datagram(number: number): Buffer {
  const bytes = Buffer.alloc(size, createHash("sha256").update(String(number)).digest());
  bytes.writeUInt32BE(number, 0);
  return bytes;
}

const socket = createSocket({ type: "udp4", recvBufferSize: 4 << 20 });
const silence = setTimeout(finish, SILENCE);

socket.on("message", (message) => {
  silence.refresh();
  const number = message.length >= 4 ? message.readUInt32BE(0) : -1;
  if (!outstanding.delete(number) || !message.equals(datagram(number))) damaged++;
  returned++;
  if (returned === count) finish();
  else fill();
});
socket.bind(sendNext);

function fill(): void {
  // Half of it: the kernel counts a short datagram as twice as long.
  const room = Math.min(inFlight, socket.getRecvBufferSize() / 2 / (size + ROOM));
  while (outstanding.size < room && sent < count) sendNext();
}

function sendNext(): void {
  outstanding.add(sent);
  socket.send(datagram(sent), port, address);
  sent++;
}

function finish(): void {
  clearTimeout(silence);
  socket.close();
  console.log(JSON.stringify({ sent, returned, damaged }));
}
