/**
 * `node datagrams.ts ADDRESS PORT BYTES SECONDS`: UDP datagrams of BYTES to a server in mode "udp-sink", as fast as the socket takes
 * them. Prints one line of JSON: Datagrams.
 */
import { addressOf, argument, errno, sendmmsg } from "../../src/kernel/system-calls.ts";
import { connectTo, must, openSocket, receive, setTimeLimit, transmit } from "./sockets.ts";

export interface Datagrams {
  readonly sent: number;
  readonly arrived: number;
  readonly arrivedBytes: number;
  readonly seconds: number;
}

const BATCH = 64;
/** struct mmsghdr and struct iovec of 64-bit Linux. */
const MESSAGE = 64;
const VECTOR = 16;
const ENOBUFS = 105;
const ECONNREFUSED = 111;
const TRIES = 10;
const TIME_LIMIT = 1;
/** Milliseconds for what is still under way. */
const SETTLE = 200;

const [address, port, bytes, seconds] = process.argv.slice(2);
const descriptor = openSocket("udp");
setTimeLimit(descriptor, TIME_LIMIT);
connectTo(descriptor, address, Number(port));

const payload = argument(Number(bytes)).fill(0x5a);
const vector = argument(VECTOR);
vector.writeBigUInt64LE(BigInt(addressOf(payload)), 0);
vector.writeBigUInt64LE(BigInt(payload.length), 8);
const messages = argument(MESSAGE * BATCH);
for (let i = 0; i < BATCH; i++) {
  messages.writeBigUInt64LE(BigInt(addressOf(vector)), i * MESSAGE + 16);
  messages.writeBigUInt64LE(1n, i * MESSAGE + 24);
}
const answer = argument(16);
/** Known to the kernel by address only: as exports they outlive the garbage collector's interest. */
export const held = [payload, vector, messages, answer];

const start = performance.now();
let sent = 0;
while (performance.now() - start < Number(seconds) * 1000) {
  const taken = sendmmsg(descriptor, addressOf(messages), BATCH, 0);
  if (taken > 0) sent += taken;
  else if (errno() !== ENOBUFS && errno() !== ECONNREFUSED) must(taken, "send");
}
const took = (performance.now() - start) / 1000;
await new Promise((resolve) => setTimeout(resolve, SETTLE));
let size = -1;
for (let i = 0; size < 0 && i < TRIES; i++) {
  must(transmit(descriptor, addressOf(payload), 1, 0, 0, 0), "send");
  size = receive(descriptor, addressOf(answer), answer.length, 0, 0, 0);
}
if (size !== answer.length) throw new Error("the receiver does not say how many datagrams arrived");
const result: Datagrams = {
  sent,
  arrived: Number(answer.readBigUInt64LE(0)),
  arrivedBytes: Number(answer.readBigUInt64LE(8)),
  seconds: took,
};
console.log(JSON.stringify(result));
