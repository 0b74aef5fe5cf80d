/** `node bulk.ts ADDRESS PORT SECONDS`: fills one connection to a server in mode "sink". Prints one line of JSON: bytes that arrived, seconds. */

import koffi from "koffi";
import { addressOf, argument } from "../../src/kernel/system-calls.ts";
import { connectTo, must, openSocket, receive, setTimeLimit, transmit } from "./sockets.ts";

const SIZE = 1 << 18;
const SHUT_WR = 1;
const TIME_LIMIT = 5;
const shutdown = koffi.load("libc.so.6").func("shutdown", "int", ["int", "int"]) as unknown as (
  ...words: number[]
) => number;

const [address, port, seconds] = process.argv.slice(2);
const descriptor = openSocket("tcp");
setTimeLimit(descriptor, TIME_LIMIT);
connectTo(descriptor, address, Number(port));

const block = argument(SIZE);
const answer = argument(8);
/** Known to the kernel by address only: as exports they outlive the garbage collector's interest. */
export const held = [block, answer];

const start = performance.now();
let sent = 0;
while (performance.now() - start < Number(seconds) * 1000)
  sent += must(transmit(descriptor, addressOf(block), SIZE, 0, 0, 0), "send");
must(shutdown(descriptor, SHUT_WR), "shutdown");
const size = must(receive(descriptor, addressOf(answer), 8, 0, 0, 0), "receive");
const arrived = Number(answer.readBigUInt64LE());
if (size !== 8 || arrived !== sent) throw new Error(`${sent} bytes were sent, ${arrived} arrived`);
console.log(JSON.stringify({ bytes: arrived, seconds: (performance.now() - start) / 1000 }));
