/** Fragments: held, decided on as a whole, sent on as fragments. */
import { beforeEach, describe, expect, it } from "vitest";
import { COUNTER_REASSEMBLED, DROP_FRAGMENT_EXPIRED, DROP_FRAGMENT_WAITING } from "../../assembly/layout/counter.ts";
import { KEY_NW_FRAG } from "../../assembly/layout/key.ts";
import { internetChecksum, pseudoHeaderSum } from "../model/checksums.ts";
import { be16, be32, concat, ethernet, ipv4, ipv6, udp } from "../model/frames.ts";
import { keyOf } from "../model/packet-record.ts";
import { end } from "./text.ts";
import { type Ct, type Outcome, Tracker } from "./tracker.ts";

let tracker = new Tracker();
beforeEach(() => {
  tracker = new Tracker();
});

interface Version {
  readonly version: string;
  readonly source: string;
  readonly destination: string;
  readonly server: string;
}
const VERSIONS: readonly Version[] = [
  { version: "IPv4", source: "10.0.0.1", destination: "10.0.0.9", server: "10.0.0.2" },
  { version: "IPv6", source: "[fd00::1]", destination: "[fd00::9]", server: "[fd00::2]" },
];
const DATA = Uint8Array.from({ length: 3800 }, (_, index) => (index * 7) & 255);

/** A UDP datagram cut into fragments of up to `size` bytes of payload (a multiple of 8). */
function fragments({ source, destination }: Version, size = 1280, id = 0x1234, data = DATA): Uint8Array[] {
  const ip = { source: end(source).address, destination: end(destination).address };
  const datagram = udp(ip, 5000, 6000, data);
  const frames: Uint8Array[] = [];
  for (let at = 0; at < datagram.length; at += size) {
    const part = datagram.subarray(at, at + size);
    const more = at + size < datagram.length;
    if (ip.source.length === 4) {
      const fragment = (more ? 0x2000 : 0) | (at / 8);
      frames.push(ethernet(0x0800, ipv4({ ...ip, id, fragment }, 17, part)));
    } else {
      const header = concat([17, 0], be16(at | (more ? 1 : 0)), be32(id));
      frames.push(ethernet(0x86dd, ipv6({ ...ip, extensions: { next: 44, bytes: header } }, 17, part)));
    }
  }
  return frames;
}

function trackAll(frames: readonly Uint8Array[], ...actions: Ct[]): Outcome[] {
  return frames.flatMap((frame) => tracker.trackAll(frame, actions.length === 0 ? [{}] : actions));
}

/** The datagram that fragments in order make, its checksum having been found right. */
function joined(outcomes: readonly Outcome[]): { source: Uint8Array; destination: Uint8Array; datagram: Uint8Array } {
  const ips = outcomes.map(({ frame }) => frame.subarray(14));
  const ipv6 = ips[0][0] >> 4 === 6;
  const size = ipv6 ? 16 : 4;
  const at = ipv6 ? 8 : 12;
  const source = ips[0].slice(at, at + size);
  const destination = ips[0].slice(at + size, at + 2 * size);
  for (const ip of ips) {
    if (!ipv6) expect(internetChecksum(ip.subarray(0, 20))).toBe(0);
    expect(ip.slice(at, at + 2 * size)).toEqual(concat(source, destination));
  }
  const datagram = concat(...ips.map((ip) => ip.subarray(ipv6 ? 48 : 20)));
  expect(internetChecksum(datagram, pseudoHeaderSum(source, destination, 17, datagram.length))).toBe(0);
  return { source, destination, datagram };
}

describe.each(VERSIONS)("$version fragments", (version) => {
  it("wait until all are there, then go on in order with the datagram's verdict", () => {
    const [first, second, third] = fragments(version);
    expect(trackAll([third, first])).toEqual([]);
    expect(tracker.dropped(DROP_FRAGMENT_WAITING)).toBe(2);
    expect(tracker.conntrack.fragments().held).toBe(2);
    const [held] = tracker.conntrack.heldDatagrams();
    const [source, destination] = [end(version.source).address, end(version.destination).address];
    expect(held).toMatchObject({ source, destination, protocol: 17, identification: 0x1234, fragments: 2 });
    expect(held).toMatchObject({ hasFirst: true, hasLast: true });
    const released = trackAll([second], { commit: true, zone: 0, mark: [6, 0xffffffff] });
    expect(released.map(({ state, mark }) => [state, mark])).toEqual(Array(3).fill(["+new+trk", 6]));
    expect(joined(released).datagram.subarray(8)).toEqual(DATA);
    expect(tracker.dropped(DROP_FRAGMENT_WAITING)).toBe(0);
    expect(tracker.conntrack.heldDatagrams()).toEqual([]);
    expect(tracker.counter(COUNTER_REASSEMBLED)).toBe(1);
    expect(tracker.dump()[0]).toContain("sport=5000,dport=6000");
  });

  it("are translated together, ports in the first", () => {
    const released = trackAll(fragments(version), { commit: true, nat: `dst=${version.server}:7000` });
    expect(released.map(({ state }) => state)).toEqual(Array(3).fill("+new+trk+dnat"));
    const { destination, datagram } = joined(released);
    expect(destination).toEqual(end(version.server).address);
    expect((datagram[2] << 8) | datagram[3]).toBe(7000);
  });

  it("keep saying in the key that they are fragments", () => {
    const frames = fragments(version);
    trackAll(frames.slice(0, 2));
    const list = tracker.step(tracker.place(frames[2]), {});
    expect(list.map((packet) => keyOf(tracker.fastPath, packet)[KEY_NW_FRAG])).toEqual([1, 3, 3]);
  });

  it("of a datagram with a wrong checksum are invalid", () => {
    const frames = fragments(version);
    frames[1][200] ^= 1;
    expect(trackAll(frames).map(({ state }) => state)).toEqual(Array(3).fill("+inv+trk"));
  });

  it("that come twice count once; that overlap end the datagram", () => {
    const frames = fragments(version);
    expect(trackAll([frames[0], frames[0]])).toEqual([]);
    expect(tracker.conntrack.fragments().held).toBe(1);
    const shifted = fragments(version, 1288);
    expect(trackAll([shifted[1], shifted[0]])).toEqual([]);
    expect(tracker.conntrack.fragments().held).toBe(0);
    expect(trackAll([frames[1], frames[2]])).toEqual([]);
  });

  it("too small to be honest are invalid at once, unless the limit is lowered", () => {
    const small = fragments(version, 512, 1, DATA.subarray(0, 1000));
    expect(trackAll(small.slice(0, 1))[0].state).toBe("+inv+trk");
    tracker.conntrack.setFragmentMinimum(4, 400);
    tracker.conntrack.setFragmentMinimum(6, 400);
    expect(trackAll(small)).toHaveLength(2);
  });

  it("are dropped after 15 seconds", () => {
    trackAll(fragments(version).slice(0, 2));
    tracker.advance(14_999);
    tracker.sweep();
    expect(tracker.conntrack.fragments().held).toBe(2);
    tracker.advance(1);
    tracker.sweep();
    const status = tracker.conntrack.fragments();
    expect([status.held, tracker.dropped(DROP_FRAGMENT_EXPIRED), tracker.dropped(DROP_FRAGMENT_WAITING)]).toEqual([
      0, 2, 0,
    ]);
    expect(version.version === "IPv4" ? status.ipv4.expired : status.ipv6.expired).toBe(2n);
  });

  it("of different datagrams and zones do not mix", () => {
    const [a0, a1, a2] = fragments(version, 1280, 1);
    const [b0, b1, b2] = fragments(version, 1280, 2);
    expect(trackAll([a0, b1, a1, b0, a2])).toHaveLength(3);
    expect(trackAll([b2], { zone: 5 })).toHaveLength(0);
    expect(trackAll([b2])).toHaveLength(3);
  });

  it("are invalid when reassembly is switched off", () => {
    tracker.conntrack.setFragmentReassembly(4, false);
    tracker.conntrack.setFragmentReassembly(6, false);
    expect(trackAll(fragments(version)).map(({ state }) => state)).toEqual(Array(3).fill("+inv+trk"));
  });

  it("go through a second ct as they went through the first", () => {
    const frames = fragments(version);
    trackAll(frames.slice(0, 2), { commit: true, zone: 1 });
    const list = tracker.step(tracker.place(frames[2]), { commit: true, zone: 1 });
    const again = list.flatMap((packet) =>
      tracker.step(packet, { commit: true, zone: 2, nat: `dst=${version.server}` }),
    );
    expect(again.map((packet) => tracker.outcome(packet).state)).toEqual(Array(3).fill("+new+trk+dnat"));
    expect(tracker.conntrack.count()).toBe(2);
  });
});

describe("the store", () => {
  it("takes no more fragments than its limit", () => {
    tracker.conntrack.setFragmentLimit(10);
    for (let id = 0; id < 30; id++) trackAll(fragments(VERSIONS[0], 1280, id).slice(0, 1));
    expect(tracker.conntrack.fragments().held).toBe(10);
  });

  it("uses its slots again and again", () => {
    for (let id = 0; id < 1000; id++) {
      expect(trackAll(fragments(VERSIONS[id & 1], 1280, id))).toHaveLength(3);
      tracker.sweep();
    }
    expect(tracker.conntrack.fragments().held).toBe(0);
  });
});
