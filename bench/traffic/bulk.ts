/**
 * `node bulk.ts ADDRESS PORT CONNECTIONS SECONDS WARM_UP`: fills connections to a server in mode "sink" for WARM_UP seconds that do not
 * count and SECONDS that do. Prints one line of JSON: Bulk. A byte that does not arrive is an error.
 */
import { addressOf, argument, errno, poll } from "../../src/kernel/system-calls.ts";
import {
  connectTo,
  controlCongestion,
  EAGAIN,
  MSG_DONTWAIT,
  must,
  openSocket,
  POLL_SIZE,
  POLLOUT,
  receive,
  setTimeLimit,
  shutdown,
  transmit,
  watch,
} from "./sockets.ts";

export interface Bulk {
  /** Of the seconds that count. */
  readonly bytes: number;
  readonly seconds: number;
  /** With what was sent to warm up. */
  readonly allBytes: number;
}

const SIZE = 1 << 18;
const SHUT_WR = 1;
const TIME_LIMIT = 5;

const [address, port, connections, seconds, warmUp] = process.argv.slice(2);
const descriptors = Array.from({ length: Number(connections) }, () => {
  const descriptor = openSocket("tcp");
  setTimeLimit(descriptor, TIME_LIMIT);
  controlCongestion(descriptor);
  connectTo(descriptor, address, Number(port));
  return descriptor;
});

const block = argument(SIZE);
const answer = argument(8);
const waiting = argument(POLL_SIZE * descriptors.length);
for (const [i, descriptor] of descriptors.entries()) watch(waiting, i, descriptor, POLLOUT);
/** Known to the kernel by address only: as exports they outlive the garbage collector's interest. */
export const held = [block, answer, waiting];

const sent = descriptors.map(() => 0);
const total = (): number => sent.reduce((sum, bytes) => sum + bytes, 0);

function fillUntil(end: number): void {
  while (performance.now() < end) {
    if (must(poll(addressOf(waiting), descriptors.length, TIME_LIMIT * 1000), "poll") === 0) {
      throw new Error(`no connection took a byte for ${TIME_LIMIT} seconds`);
    }
    for (const [i, descriptor] of descriptors.entries()) {
      if (waiting.readUInt16LE(i * POLL_SIZE + 6) === 0) continue;
      const size = transmit(descriptor, addressOf(block), SIZE, MSG_DONTWAIT, 0, 0);
      if (size >= 0) sent[i] += size;
      else if (errno() !== EAGAIN) must(size, "send");
    }
  }
}

fillUntil(performance.now() + Number(warmUp) * 1000);
const before = total();
const start = performance.now();
fillUntil(start + Number(seconds) * 1000);
for (const descriptor of descriptors) must(shutdown(descriptor, SHUT_WR), "shutdown");
for (const [i, descriptor] of descriptors.entries()) {
  const size = must(receive(descriptor, addressOf(answer), 8, 0, 0, 0), "receive");
  const arrived = Number(answer.readBigUInt64LE());
  if (size !== 8 || arrived !== sent[i]) throw new Error(`${sent[i]} bytes were sent, ${arrived} arrived`);
}
const result: Bulk = {
  bytes: total() - before,
  seconds: (performance.now() - start) / 1000,
  allBytes: total(),
};
console.log(JSON.stringify(result));
