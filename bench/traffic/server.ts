/**
 * `node server.ts MODE PORT [ID]`: the far end of the measurements. Says "ready" when it listens, and lives until it is killed.
 *
 *   udp-echo  every datagram goes back
 *   tcp-echo  every byte of a connection goes back, one connection after the other
 *   hello     every connection is told ID in one byte and closed: this side keeps TIME_WAIT, so that clients' ports are free at once
 *   sink      everything is read; at the end of a connection 8 bytes say how much it was
 */
import { addressOf, argument } from "../../src/kernel/system-calls.ts";
import { ADDRESS_SIZE, accept, close, must, receive, sendAtOnce, serverSocket, transmit } from "./sockets.ts";

const BUFFER_SIZE = 1 << 20;
const [mode, port, id = "0"] = process.argv.slice(2);

const buffer = argument(BUFFER_SIZE);
const place = addressOf(buffer);
const peer = argument(ADDRESS_SIZE);
const peerSize = argument(4);
const hello = Buffer.from(argument(1));
hello[0] = Number(id);

/** Known to the kernel by address only: as exports they outlive the garbage collector's interest. */
export const held = [buffer, peer, peerSize, hello];

const MODES: Record<string, () => void> = {
  "udp-echo": echoDatagrams,
  "tcp-echo": () => serve(echo),
  hello: () => serve((connection) => transmit(connection, addressOf(hello), 1, 0, 0, 0)),
  sink: () => serve(swallow),
};
if (!(mode in MODES)) throw new Error(`modes are ${Object.keys(MODES).join(", ")}, not ${mode}`);
MODES[mode]();

function echoDatagrams(): void {
  const descriptor = serverSocket("udp", Number(port));
  console.log("ready");
  for (;;) {
    peerSize.writeInt32LE(ADDRESS_SIZE);
    const size = must(receive(descriptor, place, BUFFER_SIZE, 0, addressOf(peer), addressOf(peerSize)), "receive");
    transmit(descriptor, place, size, 0, addressOf(peer), ADDRESS_SIZE);
  }
}

function serve(answer: (connection: number) => void): void {
  const listening = serverSocket("tcp", Number(port));
  console.log("ready");
  for (;;) {
    const connection = must(accept(listening, 0, 0, 0), "accept");
    answer(connection);
    close(connection);
  }
}

function echo(connection: number): void {
  sendAtOnce(connection);
  for (let size = read(connection); size > 0; size = read(connection)) transmit(connection, place, size, 0, 0, 0);
}

function swallow(connection: number): void {
  let total = 0;
  for (let size = read(connection); size > 0; size = read(connection)) total += size;
  buffer.writeBigUInt64LE(BigInt(total), 0);
  transmit(connection, place, 8, 0, 0, 0);
}

function read(connection: number): number {
  return receive(connection, place, BUFFER_SIZE, 0, 0, 0);
}
