import { expect, it } from "vitest";
import { BUFFER_SIZE } from "../../assembly/layout/limits.ts";
import {
  PORT_FEATURE_CSUM,
  PORT_FEATURE_TSO4,
  PORT_FEATURE_VNET,
  PORT_RX_ERRORS,
  PORT_TX_PACKETS,
} from "../../assembly/layout/port.ts";
import { BUFFERS_BASE } from "../../assembly/memory.ts";
import { pattern, tcpFrame, vnetHeader } from "./frames.ts";
import { TestModule } from "./test-module.ts";

const IN = 1;
const PLAIN = 2;
const OFFLOADS = 3;
const MTU = 1500;
const ROUNDS = 30_000;

/** Marsaglia's xorshift32: the same frames in every run. */
function* random(state: number): Generator<number, never> {
  for (;;) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

const numbers = random(0x2545f491);
const below = (limit: number): number => numbers.next().value % limit;

/** A super-packet or a plain frame whose bytes and offload header were tampered with in a few places. */
function tampered(): { frame: Buffer; vnet: Buffer } {
  const isBig = below(2) === 0;
  const frame = tcpFrame(pattern(isBig ? 1500 + below(6000) : below(1400)));
  const vnet = vnetHeader(isBig ? 1 : 0, isBig ? 1 + below(1460) : 0);
  for (let i = below(4); i > 0; i--) frame[below(60)] = below(256);
  for (let i = below(3); i > 0; i--) vnet[below(10)] = below(256);
  return { frame: frame.subarray(0, below(8) === 0 ? below(frame.length) : frame.length), vnet };
}

it("any frame with any offload header is sent soundly or dropped, and touches nothing but itself", () => {
  const module = new TestModule();
  const { exports, sent } = module;
  module.addPort(IN);
  module.addPort(PLAIN, PORT_FEATURE_VNET, MTU);
  module.addPort(OFFLOADS, PORT_FEATURE_VNET | PORT_FEATURE_CSUM | PORT_FEATURE_TSO4, MTU);
  const neighbour = BUFFERS_BASE + BUFFER_SIZE;
  module.bytes.fill(0x5a, neighbour, neighbour + BUFFER_SIZE);

  for (let round = 0; round < ROUNDS; round++) {
    const { frame, vnet } = tampered();
    exports.resetPool();
    module.fillBuffer(0, frame, vnet);
    if (exports.receiveBuffers(IN, 1) === 0) continue;
    exports.parse(module.packet(0));
    exports.transmit(module.packet(0), round % 2 === 0 ? PLAIN : OFFLOADS);
    exports.flushPorts();
    for (const { port, frame: out, vnet: header } of sent) {
      if (header[1] === 0) expect(out.length).toBeLessThanOrEqual(MTU + 18);
      if (port === PLAIN) expect(header.equals(Buffer.alloc(10))).toBe(true);
    }
    sent.length = 0;
  }

  expect(module.bytes.subarray(neighbour, neighbour + BUFFER_SIZE).every((byte) => byte === 0x5a)).toBe(true);
  expect(module.portField(IN, PORT_RX_ERRORS)).toBeGreaterThan(ROUNDS / 20);
  expect(module.portField(PLAIN, PORT_TX_PACKETS)).toBeGreaterThan(ROUNDS / 4);
  expect(module.portField(OFFLOADS, PORT_TX_PACKETS)).toBeGreaterThan(ROUNDS / 8);
});
