/**
 * `node ping-pong.ts udp|tcp ADDRESS PORT COUNT`: one byte string back and forth, one at a time. Prints one line of JSON: p50 and p99
 * of the round trips in microseconds. A wrong or missing answer is an error.
 */
import { addressOf, argument } from "../../src/kernel/system-calls.ts";
import { quantile } from "../statistics.ts";
import { connectTo, must, openSocket, type Protocol, receive, sendAtOnce, setTimeLimit, transmit } from "./sockets.ts";

const SIZE = 16;
const WARM_UP = 200;
const TIME_LIMIT = 2;

const [protocol, address, port, count] = process.argv.slice(2);
const descriptor = openSocket(protocol as Protocol);
setTimeLimit(descriptor, TIME_LIMIT);
connectTo(descriptor, address, Number(port));
if (protocol === "tcp") sendAtOnce(descriptor);

const ping = argument(SIZE);
const pong = argument(SIZE);
/** Known to the kernel by address only: as exports they outlive the garbage collector's interest. */
export const held = [ping, pong];
const [from, to] = [addressOf(ping), addressOf(pong)];

const times: number[] = [];
for (let i = -WARM_UP; i < Number(count); i++) {
  ping.writeInt32LE(i);
  const start = process.hrtime.bigint();
  must(transmit(descriptor, from, SIZE, 0, 0, 0), "send");
  const size = must(receive(descriptor, to, SIZE, 0, 0, 0), "receive");
  const time = Number(process.hrtime.bigint() - start) / 1000;
  if (size !== SIZE || !ping.equals(pong)) throw new Error(`round trip ${i}: another answer came back`);
  if (i >= 0) times.push(time);
}
console.log(JSON.stringify({ p50: quantile(times, 0.5), p99: quantile(times, 0.99) }));
