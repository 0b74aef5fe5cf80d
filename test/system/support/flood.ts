/**
 * `node flood.ts DEVICE ADDRESS KIND [RATE]`: sends RATE frames a second (or as many as can be) from a device until stdin
 * closes. Prints "flooding" at the
 * first, and at the end how many the kernel took, and how many that was a second.
 *   noise: bytes, after a known Ethernet type in half of them; stations: a new source address each; scan: SYNs to any address
 *   and port behind the router; syns: new connections to the virtual address; arp: who-has for the whole subnet; giants: as much as a device of MTU 1500 takes, and what it does not
 */
import { randomBytes, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { setImmediate, setTimeout } from "node:timers/promises";
import { findLink } from "../../../src/kernel/link.ts";
import { bindToInterface, openPacketSocket } from "../../../src/kernel/packet-socket.ts";
import { addressOf, argument, send } from "../../../src/kernel/system-calls.ts";
import { concat, ipv4, tcp } from "../../model/frames.ts";

const [device, address, kind, rate] = process.argv.slice(2);
const ROUTER = Buffer.from("000000002000", "hex");
const own = Buffer.from(readFileSync(`/sys/class/net/${device}/address`, "utf8").trim().replaceAll(":", ""), "hex");
const client = Uint8Array.from(address.split("."), Number);
const TYPES = ["0800", "86dd", "0806", "8100", "88a8", "8847", "0040"].map((type) => Buffer.from(type, "hex"));

const frames: Record<string, () => Uint8Array> = {
  noise: () =>
    randomInt(2) === 0
      ? randomBytes(randomInt(14, 1515))
      : concat(ROUTER, own, TYPES[randomInt(TYPES.length)], randomBytes(randomInt(200))),
  stations: () => concat(randomBytes(6), [2], randomBytes(5), TYPES[0], randomBytes(46)),
  scan: () => {
    const ip = { source: client, destination: Uint8Array.of(1, 1, 1, randomInt(256)) };
    const header = { source: randomInt(1, 65536), destination: randomInt(1, 65536), flags: 2 };
    return concat(ROUTER, own, TYPES[0], ipv4(ip, 6, tcp(ip, header)));
  },
  syns: () => {
    const ip = { source: client, destination: Uint8Array.of(1, 1, 1, 50) };
    return concat(
      ROUTER,
      own,
      TYPES[0],
      ipv4(ip, 6, tcp(ip, { source: randomInt(1, 65536), destination: 8000, flags: 2 })),
    );
  },
  arp: () => {
    const target = [0, 0, 0, 0, 0, 0, 2, 1, 1, randomInt(256)];
    return concat(new Uint8Array(6).fill(0xff), own, TYPES[2], [0, 1, 8, 0, 6, 4, 0, 1], own, client, target);
  },
  giants: () => concat(ROUTER, own, TYPES[0], randomBytes(randomInt(1400, 1600))),
};

const RATE = Number(rate ?? Number.POSITIVE_INFINITY);
/** Frames between two looks at the clock and at stdin. */
const BURST = 200;
/** PACKET_VNET_HDR is on: a header of zeros goes before each frame. */
const VNET = 10;
const pause = (): Promise<unknown> => (RATE === Number.POSITIVE_INFINITY ? setImmediate() : setTimeout(1));
const room = argument(65536);
const descriptor = openPacketSocket();
bindToInterface(descriptor, findLink(device)!.index);

let taken = 0;
let open = true;
process.stdin.on("end", () => (open = false)).resume();
process.stdout.write("flooding\n");
const start = performance.now();
for (let sent = 0; open; ) {
  const due = Math.min(((performance.now() - start) / 1000) * RATE, sent + BURST);
  for (; sent < due; sent++) {
    const frame = frames[kind]();
    room.set(frame, VNET);
    if (send(descriptor, addressOf(room), VNET + frame.length, 0) > 0) taken++;
  }
  await pause();
}
process.stdout.write(`${taken} ${Math.round((taken * 1000) / (performance.now() - start))}\n`);
