/**
 * `node connections.ts ADDRESS PORT COUNT IN_FLIGHT`: opens COUNT connections to servers in mode "hello", IN_FLIGHT at a time, each
 * until the server's byte has come. Prints one line of JSON: Connections.
 */
import { addressOf, argument, errno, poll } from "../../src/kernel/system-calls.ts";
import { quantile } from "../statistics.ts";
import {
  close,
  connect,
  EINPROGRESS,
  must,
  openSocket,
  POLL_SIZE,
  POLLIN,
  receive,
  SOCK_NONBLOCK,
  socketAddress,
  watch,
} from "./sockets.ts";

export interface Connections {
  readonly seconds: number;
  /** Microseconds from the SYN to the server's byte. */
  readonly p50: number;
  readonly p99: number;
  /** Connections by server. */
  readonly servers: Readonly<Record<string, number>>;
  /** Refused, reset, or without a byte after TIME_LIMIT; at MOST_FAILURES it ended early. */
  readonly failed: number;
  /** How many had come to their end, good or bad, when it stopped. */
  readonly ended: number;
  /** Rates of each tenth of the connections, a second: whether it stays so. */
  readonly tenths: readonly number[];
  /** Seconds that this program kept a processor. */
  readonly processor: number;
}

const TIME_LIMIT = 5000;
/** After so many it makes no sense to go on. */
const MOST_FAILURES = 100;

const [address, port, countText, inFlightText] = process.argv.slice(2);
const count = Number(countText);
const inFlight = Number(inFlightText);

const to = socketAddress(address, Number(port));
const waiting = argument(POLL_SIZE * inFlight);
const byte = argument(1);
/** Known to the kernel by address only: as exports they outlive the garbage collector's interest. */
export const held = [to, waiting, byte];

const started = new Float64Array(inFlight);
const times: number[] = [];
const servers: Record<string, number> = {};
const tenths: number[] = [];
let opened = 0;
let ended = 0;
let failed = 0;
const startUsage = process.cpuUsage();
const start = performance.now();
let tenthStart = start;

function open(slot: number): void {
  if (opened === count) {
    watch(waiting, slot, -1, 0);
    return;
  }
  opened++;
  const descriptor = openSocket("tcp", SOCK_NONBLOCK);
  started[slot] = performance.now();
  const status = connect(descriptor, addressOf(to), to.length);
  if (status < 0 && errno() !== EINPROGRESS) must(status, "connect");
  watch(waiting, slot, descriptor, POLLIN);
}

function end(slot: number, good: boolean): void {
  if (good) {
    times.push((performance.now() - started[slot]) * 1000);
    servers[byte[0]] = (servers[byte[0]] ?? 0) + 1;
  } else failed++;
  close(waiting.readInt32LE(slot * POLL_SIZE));
  if (++ended % Math.ceil(count / 10) === 0) {
    const now = performance.now();
    tenths.push((Math.ceil(count / 10) * 1000) / (now - tenthStart));
    tenthStart = now;
  }
  open(slot);
}

for (let slot = 0; slot < inFlight; slot++) open(slot);
while (ended < count && failed < MOST_FAILURES) {
  must(poll(addressOf(waiting), inFlight, 100), "poll");
  const now = performance.now();
  for (let slot = 0; slot < inFlight; slot++) {
    if (waiting.readInt32LE(slot * POLL_SIZE) < 0) continue;
    if (waiting.readUInt16LE(slot * POLL_SIZE + 6) !== 0) {
      end(slot, receive(waiting.readInt32LE(slot * POLL_SIZE), addressOf(byte), 1, 0, 0, 0) === 1);
    } else if (now - started[slot] > TIME_LIMIT) end(slot, false);
  }
}
const { user, system } = process.cpuUsage(startUsage);
const result: Connections = {
  seconds: (performance.now() - start) / 1000,
  p50: times.length ? quantile(times, 0.5) : 0,
  p99: times.length ? quantile(times, 0.99) : 0,
  servers,
  failed,
  ended,
  tenths,
  processor: (user + system) / 1e6,
};
console.log(JSON.stringify(result));
