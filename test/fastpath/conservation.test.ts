import fc from "fast-check";
import { expect, it } from "vitest";
import type { Counters } from "../../src/fastpath/datapath.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { fromPort, tcpFrame, udpFrame } from "./match.ts";
import { randomActions } from "./random-actions.ts";

const PORTS = [1, 2, 3];
/** Not there. */
const MISSING_PORT = 7;

function dropped(counters: Counters): bigint {
  return [...counters.drops.values()].reduce((sum, count) => sum + count, 0n);
}

it("every packet ends exactly once: sent, upcalled, spent, or dropped with a reason", () => {
  const actions = randomActions({ ports: [...PORTS, MISSING_PORT], conntrack: true });
  const frames = fc.array(
    fc.record({ port: fc.constantFrom(...PORTS), udp: fc.boolean(), source: fc.nat(3), bytes: fc.nat(1500) }),
    { minLength: 1, maxLength: 40 },
  );
  const datapath = new LocalDatapath({ seed: 5 });
  for (const port of PORTS) datapath.addTestPort(`p${port}`, port);
  datapath.setMeter(1, { unit: "pktps", burst: true, stats: true, bands: [{ rate: 5, burst: 5 }] });

  fc.assert(
    fc.property(fc.array(actions, { minLength: 2, maxLength: 5 }), actions, frames, (programs, executed, arrivals) => {
      const flows = programs.map((program, i) => {
        // Flows for the first pass of each port, then for the recirculation ids that actions use; some are missing.
        const { key, mask } = fromPort(PORTS[i % PORTS.length], Math.floor(i / PORTS.length));
        return datapath.putFlow(key, mask, program);
      });
      for (const { port, udp, source, bytes } of arrivals) {
        const payload = new Uint8Array(Math.min(bytes, 1400));
        datapath.inject(port, udp ? udpFrame(source, 53, payload) : tcpFrame(source, 80, payload));
      }
      datapath.execute({ frame: tcpFrame(), inPort: 1, actions: executed });
      datapath.run();
      datapath.takeUpcalls();

      const counters = datapath.counters();
      const ports = PORTS.map((port) => datapath.portStatistics(port));
      const received = ports.reduce((sum, port) => sum + port.rxPackets, 0n);
      const sent = ports.reduce((sum, port) => sum + port.txPackets, 0n);
      const arrived = received + counters.executed + counters.cloned;
      expect(sent + counters.upcalls + counters.spent + dropped(counters)).toBe(arrived);
      expect(counters.packets - counters.recirculated).toBe(received);
      for (const port of PORTS) datapath.takeTransmitted(port);
      for (const flow of flows) datapath.removeFlow(flow);
    }),
    { numRuns: 300 },
  );
  expect(datapath.counters().cloned).toBeGreaterThan(100n);
});
