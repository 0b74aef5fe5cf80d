/**
 * SCTP's four-way handshake (RFC 9260, 5.1) by hand: kernels often have no SCTP. Checksums and tags are right, and checked.
 *   `node sctp-station.ts serve PORT TEXT`              answers INIT and COOKIE ECHO; prints a line when it listens; ends when its stdin closes
 *   `node sctp-station.ts associate ADDRESS PORT COUNT` COUNT associations, each from a port of its own. Prints as JSON for each the TEXT
 *                                                       of the server that it was established with, or null
 */
import raw from "raw-socket";
import { be16, be32, concat, sctp } from "../../model/frames.ts";

const SCTP = 132;
const [INIT, INIT_ACK, COOKIE_ECHO, COOKIE_ACK] = [1, 2, 10, 11];
const STATE_COOKIE = 7;
const FIRST_PORT = 20000;
const PATIENCE = 1000;
const HEADER = 12;
/** INIT's fields before its parameters: tag, window, streams out and in, first TSN. */
const INIT_FIELDS = 16;

interface Packet {
  readonly from: string;
  readonly source: number;
  readonly destination: number;
  readonly tag: number;
  readonly chunk: number;
  readonly body: Buffer;
}

const socket = raw.createSocket({ protocol: SCTP });
// Under Node 26 the addon's sockets do not wake the event loop: what came is found when the loop turns for another reason.
const turning = setInterval(() => {}, 2);
let listener: (packet: Packet) => void = () => {};
socket.on("message", (bytes, from) => {
  const packet = bytes.subarray((bytes[0] & 15) * 4);
  const [source, destination, tag] = [packet.readUInt16BE(0), packet.readUInt16BE(2), packet.readUInt32BE(4)];
  if (!packet.equals(sctp(source, destination, packet.subarray(HEADER), tag))) return; // damaged
  const length = packet.readUInt16BE(HEADER + 2);
  listener({
    from,
    source,
    destination,
    tag,
    chunk: packet[HEADER],
    body: packet.subarray(HEADER + 4, HEADER + length),
  });
});

const chunk = (type: number, body: Uint8Array): Uint8Array => {
  const bytes = concat([type, 0], be16(4 + body.length), body);
  return concat(bytes, new Uint8Array(-bytes.length & 3));
};
const initBody = (tag: number, cookie = ""): Uint8Array => {
  const parameter =
    cookie === "" ? new Uint8Array() : concat(be16(STATE_COOKIE), be16(4 + cookie.length), Buffer.from(cookie));
  return concat(be32(tag), be32(65536), be16(1), be16(1), be32(1), parameter);
};

function send(address: string, packet: Uint8Array): void {
  socket.send(Buffer.from(packet), 0, packet.length, address, (error) => {
    if (error) throw error;
  });
}

const [role, ...words] = process.argv.slice(2);
if (role === "serve") serve(Number(words[0]), words[1]);
else await associateAll(words[0], Number(words[1]), Number(words[2]));

/** The cookie carries the client's tag and the server's text, so that nothing must be remembered. */
function serve(port: number, text: string): void {
  const tag = 0x5e5e_0000 + port;
  listener = ({ from, source, destination, chunk: type, body, tag: theirs }) => {
    if (destination !== port) return;
    const answer = (toTag: number, bytes: Uint8Array) => send(from, sctp(port, source, bytes, toTag));
    if (type === INIT && theirs === 0) {
      const wanted = body.readUInt32BE(0);
      answer(wanted, chunk(INIT_ACK, initBody(tag, `${wanted} ${text}`)));
    }
    const [, wanted] = /^(\d+) /.exec(body.toString()) ?? [];
    if (type === COOKIE_ECHO && theirs === tag && wanted) answer(Number(wanted), chunk(COOKIE_ACK, Buffer.alloc(0)));
  };
  console.log(`listening on port ${port}`);
  process.stdin.on("end", () => process.exit(0)).resume();
}

async function associateAll(address: string, port: number, count: number): Promise<void> {
  const servers: (string | null)[] = [];
  for (let i = 0; i < count; i++) servers.push(await associate(address, port, FIRST_PORT + i));
  console.log(JSON.stringify(servers));
  socket.close();
  clearInterval(turning);
}

async function associate(address: string, port: number, own: number): Promise<string | null> {
  const tag = own;
  const exchange = (packet: Uint8Array, wanted: number): Promise<Packet | undefined> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, PATIENCE, undefined);
      listener = (packet) => {
        const { from, source, destination, chunk: type } = packet;
        if (from !== address || source !== port || destination !== own || type !== wanted || packet.tag !== tag) return;
        clearTimeout(timer);
        resolve(packet);
      };
      send(address, packet);
    });
  const offer = await exchange(sctp(own, port, chunk(INIT, initBody(tag)), 0), INIT_ACK);
  if (!offer) return null;
  const cookie = offer.body.subarray(INIT_FIELDS + 4);
  const done = await exchange(sctp(own, port, chunk(COOKIE_ECHO, cookie), offer.body.readUInt32BE(0)), COOKIE_ACK);
  return done ? cookie.toString().replace(/^\d+ /, "") : null;
}
