/** Zones, marks and labels, forced commits, ct_clear, what later passes of the same packet see. */
import { beforeEach, describe, expect, it } from "vitest";
import { KEY_SIZE } from "../../assembly/layout/key.ts";
import { PACKET_KEY, PACKET_SIZE } from "../../assembly/layout/packet.ts";
import { BUCKET_CONNECTIONS } from "../../assembly/layout/program.ts";
import { tcp, udp } from "./text.ts";
import { Tracker } from "./tracker.ts";

const CLIENT = "10.0.0.1:1000";
const SERVER = "10.0.0.2:80";
const syn = tcp(CLIENT, SERVER, "S", { seq: 1 });
const synAck = tcp(SERVER, CLIENT, "SA", { seq: 9, ack: 2 });

const tracker = new Tracker();
beforeEach(() => tracker.flushAll());

describe("zones", () => {
  it("know nothing of each other's connections", () => {
    tracker.track(syn, { zone: 1, commit: true });
    expect(tracker.state(synAck, { zone: 1 })).toBe("+est+rpl+trk");
    expect(tracker.state(synAck, { zone: 2 })).toBe("+inv+trk");
  });

  it("start from nothing when a packet comes from another zone", () => {
    tracker.track(syn, { zone: 1, commit: true });
    const outcome = tracker.track(synAck, { zone: 1 }, { zone: 2 });
    expect(outcome).toMatchObject({ state: "+inv+trk", zone: 2 });
  });
});

describe("commit", () => {
  it("is what makes a connection; looking does not", () => {
    tracker.track(syn, {});
    expect(tracker.conntrack.count()).toBe(0);
    tracker.track(syn, {}, { commit: true });
    expect(tracker.conntrack.count()).toBe(1);
  });

  it("counts for the select bucket that the packet runs in", () => {
    const { view } = tracker.fastPath;
    const before = view.getBigUint64(tracker.bucket + BUCKET_CONNECTIONS, true);
    tracker.trackAll(syn, [{ commit: true }], { bucket: tracker.bucket });
    tracker.trackAll(syn, [{ commit: true }], { bucket: tracker.bucket });
    expect(view.getBigUint64(tracker.bucket + BUCKET_CONNECTIONS, true) - before).toBe(1n);
  });

  it("with force turns a connection of the other direction round", () => {
    tracker.track(syn, { commit: true });
    tracker.track(synAck);
    const outcome = tracker.track(tcp(SERVER, CLIENT, "PA", { seq: 10, ack: 2, data: 5 }), { force: true });
    expect(outcome?.state).toBe("+new+trk");
    expect(tracker.dump()).toEqual([
      "tcp,orig=(src=10.0.0.2,dst=10.0.0.1,sport=80,dport=1000),reply=(src=10.0.0.1,dst=10.0.0.2,sport=1000,dport=80),protoinfo=(state=SYN_SENT)",
    ]);
  });
});

describe("mark and label", () => {
  it("are written through their masks, also on connections that exist", () => {
    tracker.track(syn, { commit: true, mark: [0x0000_00ff, 0xffff_ffff] });
    const again = tracker.track(
      synAck,
      {},
      { commit: true, mark: [0x1200, 0xff00], label: [5n << 100n, 0xffn << 100n] },
    );
    expect(again).toMatchObject({ mark: 0x12ff, label: 5n << 100n });
    expect(tracker.dump()[0]).toContain(`mark=${0x12ff},labels=0x${(5n << 100n).toString(16)}`);
  });

  it("reach later packets of either direction", () => {
    tracker.track(syn, { commit: true, mark: [7, 0xffffffff], label: [9n, 0xffn] });
    expect(tracker.track(synAck, {})).toMatchObject({ mark: 7, label: 9n, tuple: "6:10.0.0.1:1000>10.0.0.2:80" });
  });
});

describe("a later pass in the same zone", () => {
  it("keeps the verdict and does not move the state again", () => {
    tracker.track(udp(CLIENT, SERVER), { commit: true });
    const outcome = tracker.track(udp(SERVER, CLIENT), {}, {}, { commit: true, mark: [3, 0xffffffff] });
    expect(outcome).toMatchObject({ state: "+est+rpl+trk", mark: 3 });
  });

  it("finds a connection that another packet has removed to be gone", () => {
    tracker.track(syn, { commit: true });
    const packet = tracker.place(synAck);
    tracker.step(packet, {});
    tracker.flushAll();
    tracker.step(packet, {});
    expect(tracker.outcome(packet)).toMatchObject({ state: "+inv+trk", connection: 0 });
  });

  it("does not take a record that serves somebody else now for its own", () => {
    tracker.track(syn, { commit: true });
    const packet = tracker.place(synAck);
    tracker.step(packet, {});
    const { connection } = tracker.outcome(packet);
    tracker.flushAll();
    const { bytes, view } = tracker.fastPath;
    const key = view.getUint32(packet + PACKET_KEY, true);
    const left = { record: bytes.slice(packet, packet + PACKET_SIZE), key: bytes.slice(key, key + KEY_SIZE) };
    const other = tracker.track(udp("10.5.5.5:1", "10.6.6.6:2"), { commit: true, mark: [99, 0xffffffff] });
    expect(other?.connection).toBe(connection);
    expect(tracker.place(synAck)).toBe(packet);
    bytes.set(left.record, packet);
    bytes.set(left.key, key);
    tracker.step(packet, {});
    expect(tracker.outcome(packet)).toMatchObject({ mark: 0, state: "+inv+trk", connection: 0 });
  });
});

describe("ct_clear", () => {
  it("makes the packet one that was never tracked", () => {
    tracker.track(syn, { commit: true, zone: 4, mark: [7, 0xffffffff], label: [1n, 1n] });
    const packet = tracker.place(synAck);
    tracker.step(packet, { zone: 4 });
    tracker.fastPath.call.clearTracking(packet);
    expect(tracker.outcome(packet)).toMatchObject({
      state: "",
      zone: 0,
      mark: 0,
      label: 0n,
      tuple: "0:0.0.0.0:0>0.0.0.0:0",
      connection: 0,
    });
  });
});
