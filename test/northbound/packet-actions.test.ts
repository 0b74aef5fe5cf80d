/** Handlers meet whatever bytes a network holds. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Northbound } from "../../src/northbound/northbound.ts";
import { decodeUserdata, OPCODE, punt } from "../../src/northbound/packet-actions/userdata.ts";
import { mutate, mutations, sampleFrames } from "../model/mutations.ts";
import { recorded } from "./support/data.ts";
import { ping, describe as say, tcp } from "./support/frames.ts";

const bytesOf = (action: string): Uint8Array =>
  Uint8Array.from(/userdata=([0-9a-f.]+)/.exec(action)![1].split("."), (byte) => Number.parseInt(byte, 16));

function blog(): Northbound {
  const northbound = new Northbound({ now: () => 0 });
  northbound.runFile(recorded("northbound/blog.nbctl"));
  return northbound;
}

const FIELDS = { inPort: 1, metadata: 3n, registers: [0x0101014d, 0x01010101, ...new Array(12).fill(0), 1, 1] };

test("userdata says what it was made of", () => {
  const action = punt(OPCODE.icmpError, { type: 11, code: 0, resume: "resubmit(,37)" });
  expect(decodeUserdata(bytesOf(action))).toEqual({
    opcode: OPCODE.icmpError,
    arguments: { type: 11, code: 0, resume: "resubmit(,37)" },
  });
});

test("userdata of anybody else is not ours", () => {
  const northbound = blog();
  for (const userdata of [[], [0, 0, 0], [0, 0, 0, 99, 0, 0, 0, 0], [0, 0, 0, 10, 0, 0, 0, 0, 1, 2, 3]]) {
    expect(
      northbound.handlePacket({ userdata: Uint8Array.from(userdata), packet: new Uint8Array(60), fields: FIELDS }),
    ).toEqual([]);
  }
});

test("no packet makes a handler fail, and answers are well formed", () => {
  const northbound = blog();
  const actions = Object.values(OPCODE).map((opcode) =>
    bytesOf(
      punt(opcode, {
        type: 3,
        code: 1,
        ttl: 64,
        mac: "00:00:00:00:10:00",
        address: "fd00::1",
        router: 1,
        resume: "drop",
      }),
    ),
  );
  const frames = sampleFrames();
  fc.assert(
    fc.property(fc.constantFrom(...actions), fc.constantFrom(...frames), mutations(), (userdata, frame, changes) => {
      const packet = mutate(frame, changes);
      for (const out of northbound.handlePacket({ userdata, packet, fields: FIELDS })) {
        expect(out.packet.length).toBeGreaterThanOrEqual(14);
        // What waited for a neighbour is sent on as it came.
        if (userdata[3] !== OPCODE.putArp && userdata[3] !== OPCODE.putNd) expect(say(out.packet)).not.toContain("bad");
      }
    }),
    { numRuns: 300 },
  );
});

test("no error answers an error, a reset, a broadcast source or a later fragment", () => {
  const northbound = blog();
  const icmp = bytesOf(punt(OPCODE.icmpError, { type: 11, code: 0, ttl: 64, resume: "drop" }));
  const reset = bytesOf(punt(OPCODE.tcpReset, { resume: "drop" }));
  const from = { mac: "aa:aa:aa:11:11:cc", ip: "2.1.1.10" };
  const handle = (userdata: Uint8Array, packet: Uint8Array) =>
    northbound.handlePacket({ userdata, packet, fields: FIELDS });
  const echo = ping("00:00:00:00:20:00", from, "1.1.1.1");
  expect(handle(icmp, echo)).toHaveLength(1);

  const error = echo.slice();
  error[34] = 3;
  const fragment = echo.slice();
  fragment[21] = 8;
  for (const packet of [error, fragment, ping("00:00:00:00:20:00", { ...from, ip: "255.255.255.255" }, "1.1.1.1")]) {
    expect(handle(icmp, packet)).toEqual([]);
  }
  expect(handle(reset, tcp("00:00:00:00:20:00", from, "2.1.1.1", { from: 1, to: 2, flags: "R" }))).toEqual([]);
});

test("a flood of neighbours does not grow the rules without bound", () => {
  const northbound = blog();
  const userdata = bytesOf(punt(OPCODE.putFdb));
  northbound.run(["lsp-set-port-security", "ls1-veth1"]);
  northbound.run(["lsp-set-addresses", "ls1-veth1", "unknown"]);
  const packet = new Uint8Array(60);
  for (let i = 0; i < 1100; i++) {
    packet.set([2, 0, 0, 0, i >> 8, i & 255], 6);
    northbound.handlePacket({ userdata, packet, fields: { ...FIELDS, metadata: 1n } });
  }
  expect(northbound.desired().flows.filter((flow) => flow.startsWith("table=71, "))).toHaveLength(1024);
});
