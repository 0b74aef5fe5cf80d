/** Fragments that reach ct() as clones: their head is the clone's own, their payload still where the original lies. */
import { expect, it } from "vitest";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { fromPort } from "../fastpath/match.ts";
import { ethernet, ipv4, ipv4Address, udp } from "../model/frames.ts";

const ENDS = { source: ipv4Address("10.0.0.1"), destination: ipv4Address("10.0.0.2") };
const SIZE = 1280;

it("are held, decided on and sent on with every byte of theirs", () => {
  const datapath = new LocalDatapath({ seed: 1 });
  for (const port of [1, 2, 3]) datapath.addTestPort(`p${port}`, port);
  const { key, mask } = fromPort(1);
  datapath.putFlow(key, mask, [
    {
      type: "clone",
      actions: [
        { type: "ct", zone: 5, commit: true },
        { type: "output", port: 2 },
      ],
    },
    { type: "output", port: 3 },
  ]);
  const payload = Uint8Array.from({ length: 3000 }, (_, i) => (i * 31) >> 3);
  const datagram = udp(ENDS, 5000, 6000, payload);
  const frames = [0, SIZE, 2 * SIZE].map((at) => {
    const fragment = (at + SIZE < datagram.length ? 0x2000 : 0) | (at / 8);
    return ethernet(0x0800, ipv4({ ...ENDS, id: 7, fragment }, 17, datagram.subarray(at, at + SIZE)));
  });
  const hex = (port: number) => datapath.takeTransmitted(port).map(({ bytes }) => Buffer.from(bytes).toString("hex"));
  const wanted = frames.map((frame) => Buffer.from(frame).toString("hex"));

  for (const order of [
    [0, 1, 2],
    [2, 0, 1],
  ]) {
    for (const i of order) {
      expect(hex(2)).toEqual([]);
      datapath.inject(1, frames[i]);
      datapath.run();
    }
    expect(hex(2).sort()).toEqual([...wanted].sort());
    expect(hex(3)).toEqual(order.map((i) => wanted[i]));
  }
  expect(datapath.counters().reassembled).toBe(2n);
});
