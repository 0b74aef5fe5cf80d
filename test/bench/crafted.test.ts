/** Crafted connections: frames as the RFCs have them, and two sides that come to an end whatever the way between them does. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CraftedClient } from "../../bench/traffic/crafted/client.ts";
import {
  ACK,
  acknowledgementOf,
  DAMAGED,
  FIN,
  flagsOf,
  hex,
  inspect,
  type Path,
  PSH,
  payloadLengthOf,
  RIGHT,
  RST,
  SegmentTemplate,
  STRANGE,
  SYN,
  SYN_OPTIONS,
  sequenceOf,
  sourcePortOf,
} from "../../bench/traffic/crafted/segment.ts";
import { CraftedServer } from "../../bench/traffic/crafted/server.ts";
import { internetChecksum, onesSum, pseudoHeaderSum } from "../model/checksums.ts";

const CLIENT: Path & { destinationPort: number } = {
  sourceMac: "aa:aa:aa:11:11:cc",
  destinationMac: "0a:00:00:00:00:01",
  source: "2.1.1.10",
  destination: "1.1.1.50",
  destinationPort: 8000,
};
const SERVER: Path & { sourcePort: number } = {
  sourceMac: "0a:00:00:00:00:01",
  destinationMac: "aa:aa:aa:11:11:cc",
  source: "1.1.1.50",
  destination: "2.1.1.10",
  sourcePort: 8000,
};

function frameOf(template: SegmentTemplate, port = 40_000, sequence = 1, acknowledgement = 0): DataView {
  const bytes = new Uint8Array(template.bytes.length);
  const view = new DataView(bytes.buffer);
  template.write(bytes, view, 0, port, sequence, acknowledgement);
  return view;
}

describe("a crafted segment", () => {
  it("is the SYN that a host would send, byte for byte", () => {
    const syn = frameOf(new SegmentTemplate(CLIENT, { flags: SYN, options: SYN_OPTIONS }), 0x9c40, 0x01020304);
    const expected = hex(
      "0a0000000001 aaaaaa1111cc 0800" +
        "4500 0034 0000 4000 4006 b58e 0201010a 01010132" +
        "9c40 1f40 01020304 00000000 80 02 faf0 0000 0000 020405b4 0402 01 030307 0101",
    );
    const ip = expected.subarray(14);
    const sum = pseudoHeaderSum(ip.subarray(12, 16), ip.subarray(16, 20), 6, ip.length - 20);
    expected.writeUInt16BE(0, 24);
    expected.writeUInt16BE(internetChecksum(ip.subarray(0, 20)), 24);
    expected.writeUInt16BE(onesSum(ip.subarray(20), sum) ^ 0xffff, 50);
    expect(Buffer.from(syn.buffer).toString("hex")).toBe(expected.toString("hex"));
  });

  it("has right checksums whatever its numbers are", () => {
    const u32 = fc.integer({ min: 0, max: 0xffffffff });
    const payload = fc.uint8Array({ maxLength: 90 });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff }),
        u32,
        u32,
        payload,
        (port, sequence, acknowledgement, payload) => {
          const view = frameOf(
            new SegmentTemplate(CLIENT, { flags: PSH | ACK, payload }),
            port,
            sequence,
            acknowledgement,
          );
          expect(inspect(view, 0, view.byteLength, false)).toBe(RIGHT);
          const segment = new Uint8Array(view.buffer).subarray(34);
          const ip = new Uint8Array(view.buffer).subarray(14);
          const sum = pseudoHeaderSum(ip.subarray(12, 16), ip.subarray(16, 20), 6, segment.length);
          expect(onesSum(segment, sum)).toBe(0xffff);
          expect([
            sourcePortOf(view, 0),
            sequenceOf(view, 0),
            acknowledgementOf(view, 0),
            payloadLengthOf(view, 0),
          ]).toEqual([port, sequence, acknowledgement, payload.length]);
        },
      ),
    );
  });

  it("is damaged when any bit behind its Ethernet header is not what it was", () => {
    const template = new SegmentTemplate(CLIENT, { flags: PSH | ACK, payload: new Uint8Array([7, 8, 9]) });
    for (let bit = 14 * 8; bit < template.bytes.length * 8; bit++) {
      const view = frameOf(template);
      view.setUint8(bit >> 3, view.getUint8(bit >> 3) ^ (1 << (bit & 7)));
      expect(inspect(view, 0, view.byteLength, false), `bit ${bit}`).not.toBe(RIGHT);
    }
  });

  it("is right behind padding, and damaged when its end is missing", () => {
    const view = frameOf(new SegmentTemplate(CLIENT, { flags: ACK }));
    const padded = new Uint8Array(60);
    padded.set(new Uint8Array(view.buffer));
    expect(inspect(new DataView(padded.buffer), 0, 60, false)).toBe(RIGHT);
    const whole = frameOf(new SegmentTemplate(CLIENT, { flags: ACK, payload: new Uint8Array(9) }));
    expect(inspect(whole, 0, whole.byteLength - 1, false)).toBe(DAMAGED);
  });

  it("may have its checksum open only where the frame's header says so", () => {
    const view = frameOf(new SegmentTemplate(CLIENT, { flags: ACK }));
    const ip = new Uint8Array(view.buffer).subarray(14);
    view.setUint16(50, pseudoHeaderSum(ip.subarray(12, 16), ip.subarray(16, 20), 6, view.byteLength - 34));
    expect(inspect(view, 0, view.byteLength, true)).toBe(RIGHT);
    expect(inspect(view, 0, view.byteLength, false)).toBe(DAMAGED);
  });

  it("is nothing else that comes by", () => {
    const arp = new DataView(Uint8Array.from(hex("ffffffffffff aaaaaa1111cc 0806".padEnd(140, "0"))).buffer);
    expect(inspect(arp, 0, arp.byteLength, false)).toBe(STRANGE);
    expect(inspect(arp, 0, 13, false)).toBe(STRANGE);
  });
});

interface Way {
  /** Of a frame, 0 … 1. */
  readonly loss: number;
  readonly twice: number;
  /** Milliseconds at most that a frame takes. */
  readonly longest: number;
  readonly seed: number;
}
const STRAIGHT: Way = { loss: 0, twice: 0, longest: 0, seed: 1 };

/** Client and server on the two ends of a pipe in memory, with a clock of its own. */
class Pipe {
  readonly flags: string[] = [];
  readonly client: CraftedClient;
  readonly server: CraftedServer;
  readonly #way: Way;
  readonly #frames: { at: number; view: DataView; to: CraftedClient | CraftedServer }[] = [];
  #now = 0;
  #random: number;

  constructor(way: Way, { ports = 500, inFlight = 8, number = 3 } = {}) {
    this.#way = way;
    this.#random = way.seed;
    this.client = new CraftedClient({ path: CLIENT, firstPort: 1024, ports, inFlight }, (...segment) =>
      this.#send(">", segment, this.server),
    );
    this.server = new CraftedServer({ path: SERVER, number }, (...segment) => this.#send("<", segment, this.client));
  }

  /** Until all connections have ended. */
  play(count: number): void {
    this.client.begin(count, this.#now);
    while (!this.client.isOver) {
      this.#now++;
      const due = this.#frames.filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at);
      this.#frames.splice(0, this.#frames.length, ...this.#frames.filter(({ at }) => at > this.#now));
      for (const { view, to } of due) {
        expect(inspect(view, 0, view.byteLength, false)).toBe(RIGHT);
        to.receive(view, 0, this.#now);
      }
      if (this.#now % 20 !== 0) continue;
      this.client.resend(this.#now);
      this.server.resend(this.#now);
    }
  }

  #send(
    direction: string,
    [template, port, sequence, acknowledgement]: [SegmentTemplate, number, number, number],
    to: CraftedClient | CraftedServer,
  ): void {
    const view = frameOf(template, port, sequence, acknowledgement);
    this.flags.push(direction + flagNames(flagsOf(view, 0)));
    if (this.#draw() < this.#way.loss) return;
    for (let copies = this.#draw() < this.#way.twice ? 2 : 1; copies > 0; copies--) {
      this.#frames.push({ at: this.#now + this.#draw() * this.#way.longest, view, to });
    }
  }

  /** Numerical Recipes' generator: the same seed, the same way. */
  #draw(): number {
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
    return this.#random / 2 ** 32;
  }
}

const flagNames = (flags: number): string =>
  Object.entries({ SYN, FIN, PSH, ACK })
    .filter(([, bit]) => flags & bit)
    .map(([name]) => name)
    .join("+");

describe("crafted connections", () => {
  it("are on the wire what curl does", () => {
    const pipe = new Pipe(STRAIGHT);
    pipe.play(1);
    expect(pipe.flags).toEqual([">SYN", "<SYN+ACK", ">ACK", ">PSH+ACK", "<PSH+ACK", "<FIN+ACK", ">FIN+ACK", "<ACK"]);
  });

  it("end, each answered once, over a way that loses nothing, with nothing sent again", () => {
    const pipe = new Pipe(STRAIGHT, { ports: 20, number: 5 });
    pipe.play(200);
    expect(pipe.client).toMatchObject({ ended: 200, answered: 200, failed: 0, again: 0, servers: { 5: 200 } });
    expect(pipe.server.again).toBe(0);
    expect(pipe.client.tenths).toHaveLength(10);
    expect(pipe.flags).toHaveLength(200 * 8);
  });

  it("end all the same where frames are lost, come twice and overtake each other, their ports used again", () => {
    const way = fc.record({
      loss: fc.double({ min: 0, max: 0.2, noNaN: true }),
      twice: fc.double({ min: 0, max: 0.3, noNaN: true }),
      longest: fc.integer({ min: 0, max: 150 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(way, fc.integer({ min: 50, max: 150 }), (way, count) => {
        const pipe = new Pipe(way, { ports: 40 });
        pipe.play(count);
        expect(pipe.client).toMatchObject({ ended: count, answered: count, failed: 0, servers: { 3: count } });
      }),
      { numRuns: 15 },
    );
  });

  it("count what was sent again", () => {
    const pipe = new Pipe({ ...STRAIGHT, loss: 0.1 });
    pipe.play(300);
    expect(pipe.client.again).toBeGreaterThan(0);
    expect(pipe.server.again).toBeGreaterThan(0);
    expect(pipe.flags).toHaveLength(300 * 8 + pipe.client.again + pipe.server.again);
  });

  it("have failed when nobody answers", () => {
    const pipe = new Pipe({ ...STRAIGHT, loss: 1 });
    pipe.play(8);
    expect(pipe.client).toMatchObject({ ended: 8, answered: 0, failed: 8 });
  });

  it("have failed when they are reset, and only then", () => {
    const sent: [SegmentTemplate, number, number, number][] = [];
    const client = new CraftedClient({ path: CLIENT, firstPort: 1024, ports: 9, inFlight: 1 }, (...segment) => {
      sent.push(segment);
    });
    client.begin(1, 0);
    const [, port, sequence] = sent[0];
    const reset = new SegmentTemplate(SERVER, { flags: RST | ACK });
    client.receive(frameOf(reset, port, 0, sequence), 0, 1);
    expect(client.isOver).toBe(false);
    client.receive(frameOf(reset, port, 0, sequence + 1), 0, 1);
    expect(client).toMatchObject({ isOver: true, failed: 1 });
  });

  it("take no answer from anybody but whom they called", () => {
    const sent: [SegmentTemplate, number, number, number][] = [];
    const client = new CraftedClient({ path: CLIENT, firstPort: 1024, ports: 9, inFlight: 1 }, (...segment) => {
      sent.push(segment);
    });
    client.begin(1, 0);
    const [, port, sequence] = sent[0];
    const answers = (path: Path) => {
      const synAck = new SegmentTemplate(path, { flags: SYN | ACK });
      client.receive(frameOf(synAck, port, 9, sequence + 1), 0, 1);
      return sent.length > 1;
    };
    expect(answers({ ...SERVER, source: "1.1.1.100" })).toBe(false);
    expect(answers({ ...SERVER, sourcePort: 8001 })).toBe(false);
    expect(answers({ ...SERVER, destination: "2.1.1.11" })).toBe(false);
    expect(answers(SERVER)).toBe(true);
  });
});
