/**
 * Probes with crafted packets, by the package raw-socket:
 *
 *   node icmp-probe.ts trace ADDRESS         UDP with TTL 1, 2 … : who answers each with which ICMP, as traceroute does
 *   node icmp-probe.ts echo ADDRESS SIZE     an ICMP echo with SIZE bytes: whether the answer carries them back
 *   node icmp-probe.ts udp ADDRESS PORT SUM FROM  UDP with the checksum "right", "wrong" or "none": whether an ICMP error comes
 * Prints JSON.
 */
import { createSocket } from "node:dgram";
import raw from "raw-socket";

interface Icmp {
  readonly from: string;
  readonly type: number;
  readonly code: number;
  readonly body: Buffer;
}

const WAIT = 2000;
const MOST_HOPS = 8;
const UNREACHABLE = 3;
const ECHO = 8;
const ECHO_REPLY = 0;

const [what, address, ...rest] = process.argv.slice(2);
const socket = raw.createSocket({ protocol: raw.Protocol.ICMP });
// Under Node 26 the addon's sockets do not wake the event loop: what came is found when the loop turns for another reason.
const turning = setInterval(() => {}, 5);
let listener: (icmp: Icmp) => void = () => {};
socket.on("message", (packet, from) => {
  const header = (packet[0] & 15) * 4;
  listener({ from, type: packet[header], code: packet[header + 1], body: packet.subarray(header + 4) });
});

/** The first ICMP message that `wanted` accepts after `send`, or undefined after WAIT ms. */
function answerTo(send: () => void, wanted: (icmp: Icmp) => boolean): Promise<Icmp | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, WAIT, undefined);
    listener = (icmp) => {
      if (!wanted(icmp)) return;
      clearTimeout(timer);
      resolve(icmp);
    };
    send();
  });
}

async function trace(): Promise<{ ttl: number; from?: string; type?: number; code?: number }[]> {
  const hops = [];
  for (let ttl = 1; ttl <= MOST_HOPS; ttl++) {
    const udp = createSocket("udp4");
    await new Promise<void>((resolve) => udp.bind(resolve));
    udp.setTTL(ttl);
    const port = 33434 + ttl;
    // The error quotes the IPv4 header and 8 bytes of what caused it: its destination port is ours.
    const quotes = ({ body }: Icmp) => body.length >= 28 && body.readUInt16BE(4 + (body[4] & 15) * 4 + 2) === port;
    const answer = await answerTo(() => udp.send("probe", port, address), quotes);
    udp.close();
    hops.push({ ttl, from: answer?.from, type: answer?.type, code: answer?.code });
    if (answer?.type === UNREACHABLE) break;
  }
  return hops;
}

async function echo(size: number): Promise<{ returned: boolean; intact: boolean }> {
  const packet = Buffer.alloc(8 + size, "megaflow ");
  packet.writeUInt32BE(ECHO << 24, 0);
  packet.writeUInt32BE(process.pid >>> 0, 4);
  packet.writeUInt16BE(raw.createChecksum(packet), 2);
  const ours = ({ type, body }: Icmp) => type === ECHO_REPLY && body.readUInt32BE(0) === process.pid;
  const answer = await answerTo(() => send(socket, packet), ours);
  return { returned: answer !== undefined, intact: answer?.body.subarray(4).equals(packet.subarray(8)) ?? false };
}

async function udp(port: number, sum: string): Promise<{ type?: number; code?: number }> {
  const source = 40000 + (process.pid % 20000);
  const packet = Buffer.alloc(12, "ping");
  packet.writeUInt16BE(source, 0);
  packet.writeUInt16BE(port, 2);
  packet.writeUInt16BE(packet.length, 4);
  packet.writeUInt16BE(0, 6);
  if (sum !== "none") {
    const addresses = Buffer.from([...ownAddress().split("."), ...address.split(".")].map(Number));
    const pseudo = Buffer.concat([addresses, Buffer.from([0, 17, 0, packet.length])]);
    const right = raw.createChecksum(pseudo, packet);
    packet.writeUInt16BE(sum === "right" ? right : right ^ 0x5555, 6);
  }
  const crafted = raw.createSocket({ protocol: raw.Protocol.UDP });
  const quotes = ({ body }: Icmp) => body.length >= 28 && body.readUInt16BE(4 + (body[4] & 15) * 4) === source;
  const answer = await answerTo(() => send(crafted, packet), quotes);
  crafted.close();
  return { type: answer?.type, code: answer?.code };
}

function ownAddress(): string {
  return rest[2];
}

function send(from: ReturnType<typeof raw.createSocket>, packet: Buffer): void {
  from.send(packet, 0, packet.length, address, (error) => {
    if (error) throw error;
  });
}

const probes: Record<string, () => Promise<unknown>> = {
  trace,
  echo: () => echo(Number(rest[0])),
  udp: () => udp(Number(rest[0]), rest[1]),
};
console.log(JSON.stringify(await probes[what]()));
socket.close();
clearInterval(turning);
