import { describe, expect, it, vi } from "vitest";
import { VNET_F_NEEDS_CSUM, VNET_GSO_NONE, VNET_GSO_TCPV4 } from "../../assembly/layout/packet.ts";
import type { Frame, InterfaceIo } from "../../src/fastpath/datapath.ts";
import { WorkerDatapath } from "../../src/fastpath/worker-datapath.ts";
import { deleteLink, setLink } from "../../src/kernel/link.ts";
import { ip } from "../../src/lab/namespaces.ts";
import { ETHERNET, isTcpSumRight, pattern, tcpFrame, vnetHeader } from "../io/frames.ts";

const MARK = ETHERNET.subarray(0, 12).toString("hex");
const NO_OFFLOAD = new Uint8Array(10);

/** `frame` with tags put in behind its addresses. */
const tagged = (frame: Buffer, tags: string): Buffer =>
  Buffer.concat([frame.subarray(0, 12), Buffer.from(tags, "hex"), frame.subarray(12)]);

/** The virtio-net header of a frame that became `bytes` longer before its checksum. */
function shifted(header: Buffer, bytes: number): Buffer {
  const copy = Buffer.from(header);
  copy.writeUInt16LE(header.readUInt16LE(2) + bytes, 2);
  copy.writeUInt16LE(header.readUInt16LE(6) + bytes, 6);
  return copy;
}

/** A veth with both ends as ports 1 and 2: what is put out at one comes in at the other. */
async function withLoop(
  mtu: number,
  body: (send: (frame: Frame) => Promise<Frame>) => Promise<void>,
  io: InterfaceIo = "packet",
): Promise<void> {
  const name = `mf${process.pid}`;
  const datapath = await WorkerDatapath.start();
  try {
    await ip("link", "add", name, "mtu", String(mtu), "type", "veth", "peer", `${name}p`, "mtu", String(mtu));
    const arrived: Frame[] = [];
    datapath.onUpcalls((upcalls) => {
      for (const { inPort, frame, vnet } of upcalls) {
        if (inPort !== 2 || Buffer.from(frame.subarray(0, 12)).toString("hex") !== MARK) continue;
        arrived.push({ bytes: Buffer.from(frame), vnet: Buffer.from(vnet) });
      }
    });
    for (const [index, device] of [name, `${name}p`].entries()) {
      setLink(device, { up: true });
      const status = await datapath.addPort({ kind: "system", name: device, io }, index + 1);
      expect(status).toMatchObject({ io });
    }
    await vi.waitFor(() => expect(datapath.ports().map(({ up }) => up)).toEqual([true, true]), { timeout: 5000 });
    await body(async ({ bytes, vnet }) => {
      arrived.length = 0;
      datapath.execute({ frame: bytes, vnet, inPort: 9, actions: [{ type: "output", port: 1 }] });
      await vi.waitFor(() => expect(arrived.length).toBe(1), { interval: 2 });
      return arrived[0];
    });
  } finally {
    await datapath.close();
    deleteLink(name);
  }
}

describe("a frame that goes out at one port and comes in at another", () => {
  const arp = Buffer.concat([ETHERNET.subarray(0, 12), Buffer.from("0806", "hex"), pattern(46)]);
  const full = Buffer.concat([arp.subarray(0, 14), pattern(1500)]);
  const jumbo = Buffer.concat([arp.subarray(0, 14), pattern(9000)]);

  const FRAMES: readonly (readonly [string, Buffer])[] = [
    ["60 bytes", arp],
    ["a full MTU", full],
    ["802.1Q, VLAN 7", tagged(arp, "81000007")],
    ["802.1Q, priority 5 without VLAN", tagged(arp, "8100a000")],
    ["802.1Q and a full MTU", tagged(full, "81000fff")],
    ["802.1ad", tagged(arp, "88a80064")],
    ["two tags", tagged(arp, "88a8006481002007")],
    ["two 802.1Q tags", tagged(arp, "8100000181000002")],
  ];

  it.each(["packet", "af_xdp"] as const)("has the same bytes, tags included (%s)", async (io) => {
    await withLoop(
      1500,
      async (send) => {
        for (const [name, bytes] of FRAMES) {
          const { bytes: got } = await send({ bytes, vnet: NO_OFFLOAD });
          expect([name, got.toString()]).toEqual([name, bytes.toString()]);
          expect([name, Buffer.compare(got, bytes)]).toEqual([name, 0]);
        }
      },
      io,
    );
  });

  it("has its checksum finished on the way out by AF_XDP", async () => {
    await withLoop(
      1500,
      async (send) => {
        const { bytes } = await send({ bytes: tcpFrame(pattern(100)), vnet: vnetHeader() });
        expect(isTcpSumRight(Buffer.from(bytes))).toBe(true);
      },
      "af_xdp",
    );
  });

  it("may be longer than a frame of the ring", async () => {
    await withLoop(9000, async (send) => {
      for (const bytes of [jumbo, tagged(jumbo, "81000007"), arp, tagged(full, "81000007"), jumbo]) {
        const { bytes: got } = await send({ bytes, vnet: NO_OFFLOAD });
        expect(Buffer.compare(got, bytes)).toBe(0);
      }
    });
  });

  it.each([
    ["untagged", "", 0],
    ["tagged", "81000007", 4],
  ])("keeps an open checksum open, and super-packets whole (%s)", async (_, tags, growth) => {
    await withLoop(1500, async (send) => {
      for (const [payload, type, size] of [
        [100, VNET_GSO_NONE, 0],
        [20_000, VNET_GSO_TCPV4, 1448],
        [60_000, VNET_GSO_TCPV4, 1448],
      ] as const) {
        const bytes = tagged(tcpFrame(pattern(payload)), tags);
        const vnet = shifted(vnetHeader(type, size), growth);
        const got = await send({ bytes, vnet });
        const header = Buffer.from(got.vnet);
        expect(Buffer.compare(got.bytes, bytes)).toBe(0);
        expect(header[0]).toBe(VNET_F_NEEDS_CSUM);
        expect([header[1], header.readUInt16LE(4)]).toEqual([type, size]);
        expect([header.readUInt16LE(6), header.readUInt16LE(8)]).toEqual([34 + growth, 16]);
        expect(isTcpSumRight(tcpFrame(pattern(payload)))).toBe(false);
      }
    });
  });
});
