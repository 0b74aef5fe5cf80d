/**
 * `node server.ts MODE PORT [ID]`: the far end of the measurements. Says "ready" when it listens, and lives until it is killed.
 *
 *   udp-echo  every datagram goes back
 *   udp-sink  datagrams are counted; one of a single byte is answered by how many there were and how many bytes, the next begins anew
 *   tcp-echo  every byte of a connection goes back, one connection after the other
 *   hello     every connection is told ID in one byte and closed: this side keeps TIME_WAIT, so that clients' ports are free at once
 *   sink      everything is read, of many connections at a time; at the end of each 8 bytes say how much it was
 */
import { addressOf, argument, poll } from "../../src/kernel/system-calls.ts";
import {
  ADDRESS_SIZE,
  accept,
  close,
  must,
  POLL_SIZE,
  POLLIN,
  receive,
  sendAtOnce,
  serverSocket,
  transmit,
  watch,
} from "./sockets.ts";

const BUFFER_SIZE = 1 << 20;
/** Of a sink, at a time. */
const MOST_CONNECTIONS = 64;
const [mode, port, id = "0"] = process.argv.slice(2);

const buffer = argument(BUFFER_SIZE);
const place = addressOf(buffer);
const peer = argument(ADDRESS_SIZE);
const peerSize = argument(4);
const hello = argument(1);
hello[0] = Number(id);
const account = argument(16);
const waiting = argument(POLL_SIZE * (MOST_CONNECTIONS + 1));

/** Known to the kernel by address only: as exports they outlive the garbage collector's interest. */
export const held = [buffer, peer, peerSize, hello, account, waiting];

const MODES: Record<string, () => void> = {
  "udp-echo": echoDatagrams,
  "udp-sink": countDatagrams,
  "tcp-echo": () => serve(echo),
  hello: () => serve((connection) => transmit(connection, addressOf(hello), 1, 0, 0, 0)),
  sink: swallow,
};
if (!(mode in MODES)) throw new Error(`modes are ${Object.keys(MODES).join(", ")}, not ${mode}`);
MODES[mode]();

function echoDatagrams(): void {
  const descriptor = serverSocket("udp", Number(port));
  console.log("ready");
  for (;;) {
    const size = receiveDatagram(descriptor);
    transmit(descriptor, place, size, 0, addressOf(peer), ADDRESS_SIZE);
  }
}

function countDatagrams(): void {
  const descriptor = serverSocket("udp", Number(port));
  console.log("ready");
  let [datagrams, bytes, told] = [0, 0, false];
  for (;;) {
    const size = receiveDatagram(descriptor);
    if (size > 1) {
      if (told) [datagrams, bytes, told] = [0, 0, false];
      datagrams++;
      bytes += size;
      continue;
    }
    account.writeBigUInt64LE(BigInt(datagrams), 0);
    account.writeBigUInt64LE(BigInt(bytes), 8);
    transmit(descriptor, addressOf(account), account.length, 0, addressOf(peer), ADDRESS_SIZE);
    told = true; // and told again when the answer is lost
  }
}

function receiveDatagram(descriptor: number): number {
  peerSize.writeInt32LE(ADDRESS_SIZE);
  return must(receive(descriptor, place, BUFFER_SIZE, 0, addressOf(peer), addressOf(peerSize)), "receive");
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

/** Slot 0 of the list is who listens, the others are connections. */
function swallow(): void {
  const totals = new Array<number>(MOST_CONNECTIONS + 1).fill(0);
  const listening = serverSocket("tcp", Number(port));
  for (let slot = 0; slot <= MOST_CONNECTIONS; slot++) watch(waiting, slot, slot === 0 ? listening : -1, POLLIN);
  console.log("ready");
  for (;;) {
    must(poll(addressOf(waiting), MOST_CONNECTIONS + 1, -1), "poll");
    for (let slot = 0; slot <= MOST_CONNECTIONS; slot++) {
      if (waiting.readUInt16LE(slot * POLL_SIZE + 6) === 0) continue;
      const descriptor = waiting.readInt32LE(slot * POLL_SIZE);
      if (slot === 0) {
        const connection = must(accept(listening, 0, 0, 0), "accept");
        const free = totals.findIndex((_, i) => i > 0 && waiting.readInt32LE(i * POLL_SIZE) < 0);
        watch(waiting, free, connection, POLLIN);
        totals[free] = 0;
        continue;
      }
      const size = read(descriptor);
      if (size > 0) {
        totals[slot] += size;
        continue;
      }
      account.writeBigUInt64LE(BigInt(totals[slot]), 0);
      transmit(descriptor, addressOf(account), 8, 0, 0, 0);
      close(descriptor);
      watch(waiting, slot, -1, POLLIN);
    }
  }
}

function read(connection: number): number {
  return receive(connection, place, BUFFER_SIZE, 0, 0, 0);
}
