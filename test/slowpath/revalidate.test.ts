/**
 * The oracle forgets all its megaflows before every packet, so each packet is translated by the tables as they are; the switch
 * under test keeps its megaflows through every change. Both must always say the same.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { ethernet, ipv4, tcp, udp } from "../model/frames.ts";
import { TestSwitch } from "../model/test-switch.ts";

const PORTS = 4;

const pick = (...texts: string[]) => fc.constantFrom(...texts);

/** Few values, so that rules and packets meet. */
const MATCHES = [
  "",
  "ip,",
  "tcp,",
  "udp,",
  "ip,in_port=1,",
  "in_port=1,",
  "in_port=2,ip,",
  "ip,nw_src=10.0.0.0/31,",
  "ip,nw_dst=10.0.0.2,",
  "ip,nw_dst=10.0.0.0/30,",
  "udp,tp_src=1,",
  "tcp,tp_src=0/0xfffe,",
  "tcp,tp_dst=2,",
  "reg0=1,",
  "reg0=0/1,",
  "ip,reg0=2,nw_ttl=64,",
  "ct_state=+new+trk,ip,",
  "ct_state=+trk,",
  "ct_mark=1,",
  "dl_dst=02:00:00:00:00:07,",
];
/** Rules whose actions need IP match it. */
const IP_MATCHES = ["ip,", "udp,", "tcp,", "ip,nw_dst=10.0.0.2,", "ip,in_port=1,"];

/** No two matches share a priority: which of two equal rules wins is anybody's guess, and may change. */
function keyOf(table: number, level: number, match: string): string {
  const priority = 1 + level * MATCHES.length + MATCHES.indexOf(match);
  return `table=${table},priority=${priority},${match}`;
}

function actionsBelow(table: number): fc.Arbitrary<string> {
  const next = table + 1;
  return pick(
    "drop",
    "output:1",
    "output:2",
    "output:3,output:4",
    `resubmit(,${next})`,
    `set_field:1->reg0,resubmit(,${next})`,
    `set_field:10.0.0.2->ip_dst,resubmit(,${next})`,
    `set_field:02:00:00:00:00:07->eth_dst,output:2,resubmit(,${next})`,
    `move:NXM_OF_IP_SRC[0..1]->NXM_NX_REG0[0..1],resubmit(,${next})`,
    `push:NXM_OF_IP_DST[],set_field:10.0.0.1->ip_dst,resubmit(,${next}),pop:NXM_OF_IP_DST[],output:4`,
    `ct(table=${next})`,
    `ct(commit,table=${next},exec(set_field:1->ct_mark))`,
    "dec_ttl,output:3",
    "group:1",
    `clone(set_field:2->reg0,resubmit(,${next})),output:1`,
    "learn(table=3,priority=3,NXM_OF_IP_SRC[],load:2->NXM_NX_REG0[]),output:2",
  ).map((text) =>
    text.startsWith("learn") ? text.replace("NXM_OF_IP_SRC[]", "eth_type=0x800,NXM_OF_IP_SRC[]") : text,
  );
}

const rule = fc.tuple(fc.nat(2), fc.nat(3), pick(...MATCHES)).chain(([table, level, match]) =>
  actionsBelow(table)
    .filter((actions) => !actions.includes("dec_ttl") && !actions.startsWith("learn") && !/IP_|ip_dst/.test(actions))
    .map((actions) => ({ key: keyOf(table, level, match), actions })),
);

const ipRule = fc
  .tuple(fc.nat(2), fc.nat(3), pick(...IP_MATCHES))
  .chain(([table, level, match]) =>
    actionsBelow(table).map((actions) => ({ key: keyOf(table, level, match), actions })),
  );

const groups = pick(
  "group_id=1,type=select,selection_method=dp_hash,bucket=weight:1,actions=output:2,bucket=weight:1,actions=output:3",
  "group_id=1,type=select,selection_method=hash,fields(ip_src),bucket=weight:2,actions=output:4,bucket=weight:1,actions=output:1",
  "group_id=1,type=all,bucket=actions=output:2,bucket=actions=resubmit(,2)",
  "group_id=1,type=indirect,bucket=actions=output:3",
);

type Step =
  | { do: "add"; key: string; actions: string }
  | { do: "delete"; index: number }
  | { do: "group"; text: string }
  | { do: "link"; port: number; up: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.oneof(rule, ipRule).map((made) => ({ do: "add" as const, ...made })) },
  { weight: 3, arbitrary: fc.nat(20).map((index) => ({ do: "delete" as const, index })) },
  { weight: 1, arbitrary: groups.map((text) => ({ do: "group" as const, text })) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("link" as const),
      port: fc.integer({ min: 1, max: PORTS }),
      up: fc.boolean(),
    }),
  },
);

const packet = fc
  .record({
    port: fc.integer({ min: 1, max: PORTS }),
    isTcp: fc.boolean(),
    source: fc.nat(3),
    destination: fc.nat(3),
    sourcePort: fc.nat(3),
    destinationPort: fc.nat(3),
  })
  .map(({ port, isTcp, source, destination, sourcePort, destinationPort }) => {
    const ip = { source: Uint8Array.of(10, 0, 0, source), destination: Uint8Array.of(10, 0, 0, destination) };
    const header = { source: sourcePort, destination: destinationPort, flags: 2 };
    const payload = isTcp ? tcp(ip, header) : udp(ip, sourcePort, destinationPort);
    return { port, frame: ethernet(0x0800, ipv4(ip, isTcp ? 6 : 17, payload)) };
  });

async function carryOut(lab: TestSwitch, step: Step, installed: readonly string[]): Promise<void> {
  if (step.do === "add") await lab.add(`${step.key} actions=${step.actions}`);
  else if (step.do === "delete" && installed.length > 0) await lab.delete(installed[step.index % installed.length]);
  else if (step.do === "group") await lab.add(step.text);
  else if (step.do === "link") lab.datapath.setPortUp(lab.datapathPort(step.port), step.up);
}

for (const select of ["one-pass", "recirculate"] as const) {
  it(`megaflows kept through any change say what the tables say (${select})`, async () => {
    const tested = await TestSwitch.start(PORTS, { select });
    const oracle = await TestSwitch.start(PORTS, { select });
    const base = [
      "table=0,priority=0 actions=resubmit(,1)",
      "table=1,priority=0 actions=resubmit(,2)",
      "table=2,priority=0 actions=resubmit(,3)",
      "table=3,priority=0 actions=output:1",
    ];
    for (const lab of [tested, oracle]) {
      await lab.add("group_id=1,type=indirect,bucket=actions=output:3", ...base);
    }
    const installed: string[] = [];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(step, fc.array(packet, { minLength: 1, maxLength: 6 })), { minLength: 1, maxLength: 8 }),
        async (script) => {
          for (const [change, packets] of script) {
            for (const lab of [tested, oracle]) await carryOut(lab, change, installed);
            if (change.do === "add" && !installed.includes(change.key)) installed.push(change.key);
            for (const { port, frame } of packets) {
              for (const flow of [...oracle.switch.megaflows]) oracle.switch.revalidator.remove(flow);
              await oracle.datapath.barrier();
              expect(tested.send(port, frame)).toEqual(oracle.send(port, frame));
            }
          }
        },
      ),
      { numRuns: 150, endOnFailure: true },
    );
    expect(tested.switch.revalidator.statistics.changed).toBeGreaterThan(50);
    expect(tested.switch.revalidator.statistics.kept).toBeGreaterThan(50);
    expect(tested.switch.upcalls.statistics.dropped).toBe(0);
    expect(tested.datapath.counters().cacheHits + tested.datapath.counters().megaflowHits).toBeGreaterThan(500n);
  });
}
