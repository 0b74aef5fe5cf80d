/**
 * `node udp-exchange.ts ADDRESS PORT COUNT SIZE`: sends COUNT datagrams of SIZE bytes to an echo server, no more on the
 * way than hosts have room for, and compares what comes back byte by byte. Prints {"sent", "returned", "damaged"} as JSON; gives up after 5 s of silence.
 */
import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";

/**
 * Fits the receive buffer that a kernel gives an ordinary socket, and the queue of a processor (net.core.netdev_max_backlog, 1000
 * frames) many times over: what a host loses of longer bursts nobody's switch can bring back.
 */
const BYTES_IN_FLIGHT = 96 * 1024;
/** What a datagram takes of it besides its own bytes. */
const ROOM = 1024;
const SILENCE = 5000;

const [address, ...numbers] = process.argv.slice(2);
const [port, count, size] = numbers.map(Number);

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
socket.bind(fill);

function fill(): void {
  while (outstanding.size * (size + ROOM) < BYTES_IN_FLIGHT && sent < count) {
    outstanding.add(sent);
    socket.send(datagram(sent), port, address);
    sent++;
  }
}

function finish(): void {
  clearTimeout(silence);
  socket.close();
  console.log(JSON.stringify({ sent, returned, damaged }));
}
