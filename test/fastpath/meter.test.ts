import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { METER_MAX_BANDS } from "../../assembly/layout/limits.ts";
import type { MeterSpec } from "../../src/fastpath/datapath.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { fromPort, udpFrame } from "./match.ts";

/** Token buckets by the book: fractions of seconds, no batches, no integers but milliseconds. */
class ModelMeter {
  readonly bands: { rate: number; size: number; tokens: number; packets: bigint; bytes: bigint }[];
  readonly #packets: boolean;
  readonly #longest: number;
  #used: number;

  constructor(spec: MeterSpec, now: number) {
    this.#packets = spec.unit === "pktps";
    this.#used = now;
    this.bands = spec.bands.map(({ rate, burst }) => {
      const size = (spec.burst && burst > 0 ? burst : rate) * 1000;
      return { rate, size, tokens: size, packets: 0n, bytes: 0n };
    });
    this.#longest = Math.max(0, ...this.bands.map((band) => Math.floor(band.size / band.rate)));
  }

  admits(length: number, now: number): boolean {
    const elapsed = Math.min(now - this.#used, this.#longest);
    this.#used = now;
    const price = this.#packets ? 1000 : length * 8;
    const exceeded = this.bands.filter((band) => {
      band.tokens = Math.min(band.size, band.tokens + elapsed * band.rate);
      if (band.tokens < price) return true;
      band.tokens -= price;
      return false;
    });
    if (exceeded.length === 0) return true;
    const fired = exceeded.reduce((best, band) => (band.rate > best.rate ? band : best));
    fired.packets++;
    fired.bytes += BigInt(length);
    return false;
  }
}

describe("meters", () => {
  let datapath: LocalDatapath;
  beforeAll(() => {
    datapath = new LocalDatapath({ seed: 1 });
    datapath.addTestPort("in", 1);
    datapath.addTestPort("out", 2);
    const { key, mask } = fromPort(1);
    datapath.putFlow(key, mask, [
      { type: "meter", index: 5 },
      { type: "output", port: 2 },
    ]);
  });

  /** Frames that come through when `count` of them arrive now. */
  function send(count: number, bytes = 60): number {
    for (let i = 0; i < count; i++) datapath.inject(1, udpFrame(1, 2, new Uint8Array(bytes - 42)));
    datapath.run();
    return datapath.takeTransmitted(2).length;
  }

  const spec = fc.record({
    unit: fc.constantFrom("kbps" as const, "pktps" as const),
    burst: fc.boolean(),
    stats: fc.boolean(),
    bands: fc.array(fc.record({ rate: fc.integer({ min: 1, max: 400 }), burst: fc.nat(50) }), {
      minLength: 1,
      maxLength: METER_MAX_BANDS,
    }),
  });
  const arrivals = fc.array(
    fc.record({ wait: fc.nat(700), count: fc.nat(12), bytes: fc.constantFrom(60, 300, 1400) }),
    { maxLength: 25 },
  );

  it("let through what the token buckets of a plain model let through", () => {
    fc.assert(
      fc.property(spec, arrivals, (meter, steps) => {
        datapath.setMeter(5, meter);
        datapath.run();
        const model = new ModelMeter(meter, datapath.now);
        let packets = 0n;
        for (const { wait, count, bytes } of steps) {
          datapath.advanceTime(wait);
          const expected = Array.from({ length: count }, () => model.admits(bytes, datapath.now)).filter(
            Boolean,
          ).length;
          expect(send(count, bytes)).toBe(expected);
          packets += BigInt(count);
        }
        const statistics = datapath.meterStatistics(5);
        expect(statistics.packets).toBe(packets);
        expect(statistics.bands).toEqual(model.bands.map(({ packets, bytes }) => ({ packets, bytes })));
      }),
      { numRuns: 60 },
    );
  });

  it("drop with a reason", () => {
    datapath.setMeter(5, { unit: "pktps", burst: true, stats: true, bands: [{ rate: 1, burst: 2 }] });
    datapath.run();
    const before = datapath.counters().drops.get("meter")!;
    expect(send(5)).toBe(2);
    expect(datapath.counters().drops.get("meter")! - before).toBe(3n);
  });

  it("count a packet at the exceeded band with the highest rate only", () => {
    const bands = [
      { rate: 1, burst: 1 },
      { rate: 3, burst: 1 },
      { rate: 2, burst: 1 },
    ];
    datapath.setMeter(5, { unit: "pktps", burst: true, stats: true, bands });
    datapath.run();
    expect(send(4)).toBe(1);
    expect(datapath.meterStatistics(5).bands.map((band) => band.packets)).toEqual([0n, 3n, 0n]);
  });

  it("hold one second's worth when no burst is given", () => {
    datapath.setMeter(5, { unit: "pktps", burst: false, stats: true, bands: [{ rate: 3, burst: 40 }] });
    datapath.run();
    expect(send(10)).toBe(3);
  });

  it("that do not exist let everything through", () => {
    datapath.setMeter(5, { unit: "pktps", burst: false, stats: true, bands: [{ rate: 1, burst: 0 }] });
    datapath.deleteMeter(5);
    datapath.run();
    expect(send(10)).toBe(10);
  });

  it("refuse numbers and bands that cannot be", () => {
    const band = { rate: 1, burst: 1 };
    const meter = { unit: "kbps" as const, burst: true, stats: true };
    expect(() => datapath.setMeter(-1, { ...meter, bands: [band] })).toThrow(RangeError);
    expect(() => datapath.setMeter(1, { ...meter, bands: [{ rate: 0, burst: 1 }] })).toThrow(RangeError);
    expect(() => datapath.setMeter(1, { ...meter, bands: Array(METER_MAX_BANDS + 1).fill(band) })).toThrow(RangeError);
  });
});
