import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RecirculationTable } from "../../../src/slowpath/translate/recirculation.ts";
import { traceText } from "../../../src/slowpath/translate/trace-text.ts";
import { flowOf, ovnBridge, run } from "./test-bridge.ts";

const ctStateBits: Record<string, number> = { new: 1, est: 2, rel: 4, rpl: 8, inv: 16, trk: 32, snat: 64, dnat: 128 };

function golden(name: string): string {
  return readFileSync(new URL(`../../data/reference/1-single-chassis/trace/${name}.txt`, import.meta.url), "utf8");
}

const parseCtState = (text: string): number => text.split("|").reduce((sum, word) => sum | ctStateBits[word], 0);

/** What differs from the real one by design or by chance. */
function comparable(text: string): string[] {
  return (
    text
      .trimEnd()
      .split("\n")
      // Our classifier looks at fewer bits on a miss: covering.test.ts proves them enough.
      .filter((line) => !line.startsWith("Megaflow: "))
      // ARP and ICMP are edited in the fast path here.
      .filter((line) => !line.startsWith("This flow is handled by") && !line.startsWith("  - Uses action(s) not"))
      // OVS takes a recirculation id for each packet-in.
      .map((line) => line.replace(/(continuation=0,recirc_id=)\d+/, "$1N"))
  );
}

const bridge = ovnBridge();

describe("ofproto/trace of the recorded OVN pipeline", () => {
  const names = [
    "arp-gw-ns3",
    "arp-ns1-ns2",
    "bad-src-mac",
    "blog-literal-syn-generate",
    "est-orig",
    "est-orig-afterdnat",
    "icmp-gw-ns3",
    "icmp-ns3-ns1",
    "reply-from-ns1",
    "syn-all-new",
    "syn-generate",
    "syn-no-ct-next",
  ];
  it.each(names)("prints %s as OVS does", (name) => {
    const expected = golden(name);
    const ids = [...expected.matchAll(/recirc\(0x([0-9a-f]+)\)/g)].map((match) => Number.parseInt(match[1], 16));
    const states = [...expected.matchAll(/with (default )?ct_state=([a-z|]+)/g)];
    const text = traceText({
      bridge,
      flow: flowOf(expected.slice("Flow: ".length, expected.indexOf("\n"))),
      recirculation: new RecirculationTable(() => 0, ids[0]),
      select: "recirculate",
      nextCtStates: states.filter((state) => !state[1]).map((state) => parseCtState(state[2])),
    });
    expect(comparable(text)).toEqual(comparable(expected));
  });

  it.each(["0x0", "0x1", "0x5", "0xa", "0xf"])("goes on after dp_hash %s as OVS does", (hash) => {
    const expected = golden(`after-dp_hash-${hash}`);
    const recirculation = new RecirculationTable(() => 0, 0xf);
    const common = { bridge, recirculation, select: "recirculate" } as const;
    const syn = flowOf(golden("syn-all-new").split("\n")[0].slice("Flow: ".length));
    // The two passes before make the states 0xf (after ct) and 0x10 (after hash).
    expect(run(common, syn).recirculationIds).toEqual([0xf]);
    const second = syn.slice();
    second.set(flowOf("recirc_id=0xf,ct_state=+new+trk,ct_zone=2").subarray(0, 20));
    second.set(syn.subarray(4, 8), 4);
    expect(run(common, second).recirculationIds).toEqual([0x10]);
    const text = traceText({ ...common, flow: flowOf(expected.split("\n")[0].slice("Flow: ".length)) });
    expect(comparable(text)).toEqual(comparable(expected));
  });

  it("describes a packet that changed nothing as unchanged", () => {
    const text = traceText({
      bridge,
      flow: flowOf("in_port=9,dl_type=0x1234"),
      recirculation: new RecirculationTable(() => 0),
      select: "recirculate",
    });
    expect(text).toContain(" 0. priority 0\n    drop\n\nFinal flow: unchanged\n");
    expect(text).toContain("Datapath actions: drop");
  });
});
