import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DummyDevice } from "../../../src/cli/vswitchd/dummy/device.ts";

let directory: string;
const devices: DummyDevice[] = [];
const complaints: string[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "dummy-"));
  complaints.length = 0;
});
afterEach(() => {
  for (const device of devices.splice(0)) device.close();
  rmSync(directory, { recursive: true });
});

function device(options: Record<string, string>, receive: (frame: Uint8Array) => void = () => {}): DummyDevice {
  const made = new DummyDevice({ receive, warn: (text) => complaints.push(text) });
  devices.push(made);
  made.configure(new Map(Object.entries(options)));
  return made;
}

const frame = Uint8Array.from({ length: 60 }, (_, i) => i);
const HEADER = "d4c3b2a1" + "02000400" + "00000000" + "00000000" + "ee050000" + "01000000";

describe("capture files", () => {
  it("keep what was sent and what was received apart, in pcap's form", () => {
    const [sent, received] = [join(directory, "tx.pcap"), join(directory, "rx.pcap")];
    const one = device({ tx_pcap: sent, rxq_pcap: received });
    one.sent(frame);
    one.received(frame.subarray(0, 20));
    const [first, second] = [readFileSync(sent), readFileSync(received)];
    expect(first.subarray(0, 24).toString("hex")).toBe(HEADER);
    expect([first.readUInt32LE(32), first.readUInt32LE(36)]).toEqual([60, 60]);
    expect(new Uint8Array(first.subarray(40))).toEqual(frame);
    expect(new Uint8Array(second.subarray(40))).toEqual(frame.subarray(0, 20));
  });

  it("go on where they ended", () => {
    const path = join(directory, "both.pcap");
    for (let i = 0; i < 2; i++) {
      const one = device({ pcap: path });
      one.sent(frame);
      one.received(frame);
      one.close();
    }
    expect(readFileSync(path).length).toBe(24 + 4 * (16 + 60));
  });

  it("that cannot be had are told about", () => {
    device({ pcap: join(directory, "nowhere", "x.pcap") }).sent(frame);
    expect(complaints).toEqual([expect.stringContaining("failed to open pcap file for appending")]);
  });
});

describe("streams", () => {
  it("wire two ports together, whichever comes first", async () => {
    const socket = join(directory, "wire.sock");
    const arrived: [string, number][] = [];
    const caller = device({ stream: `unix:${socket}` }, ({ length }) => arrived.push(["caller", length]));
    expect(caller.connected).toBe(false);
    const waiting = device({ pstream: `punix:${socket}` }, ({ length }) => arrived.push(["listener", length]));
    expect(waiting.connected).toBeUndefined();
    await vi.waitFor(() => expect(caller.connected).toBe(true));
    caller.sent(frame);
    caller.sent(frame.subarray(0, 20));
    await vi.waitFor(() => expect(arrived.length).toBe(2));
    waiting.sent(frame);
    await vi.waitFor(() => expect(arrived.length).toBe(3));
    expect(arrived).toEqual([
      ["listener", 60],
      ["listener", 20],
      ["caller", 60],
    ]);
  });

  it("of both kinds at once are refused", () => {
    device({ stream: "unix:a", pstream: "punix:b" });
    expect(complaints).toEqual([expect.stringContaining("both punix:b and unix:a are configured")]);
  });
});
