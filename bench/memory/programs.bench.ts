/** What each action adds: one flow whose megaflow has these actions, beside the plain output; and the parser alone. */
import type { Bench } from "../bench.ts";
import { programCase, trackedProgramCase } from "./cases.ts";
import { ParserRig } from "./parsing.ts";
import { Rig, type RigCase } from "./rig.ts";
import { compareRows, type MemoryRow } from "./rows.ts";

/** Actions in ovs-dpctl's words, and the bytes that show them done. */
const PROGRAMS: readonly (readonly [actions: string, edits?: RigCase["edits"]])[] = [
  ["2"],
  ["set(eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)),2", [{ at: 0, hex: "020000000002020000000001" }]],
  ["set(ipv4(ttl=63)),2", [{ at: 22, hex: "3f" }]],
  ["set(ipv4(src=10.9.9.9)),2", [{ at: 26, hex: "0a090909" }]],
  ["set(tcp(dst=8080)),2", [{ at: 36, hex: "1f90" }]],
  [
    "set(eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)),set(ipv4(ttl=63)),2",
    [
      { at: 0, hex: "020000000002020000000001" },
      { at: 22, hex: "3f" },
    ],
  ],
  ["push_vlan(vid=10,pcp=0),2", [{ at: 8, hex: "8100000a0800" }]],
  ["push_vlan(vid=10,pcp=0),pop_vlan,2", [{ at: 12, hex: "0800" }]],
  ["ct_clear,2"],
  ["hash(l4(0)),2"],
];

interface ProgramRow extends MemoryRow {
  rig(): Rig | ParserRig;
}

export const ROWS: readonly ProgramRow[] = [
  { name: "parse: frame to flow key", rig: () => new ParserRig() },
  ...PROGRAMS.map(
    ([actions, edits]): ProgramRow => ({ name: actions, rig: () => new Rig(programCase(actions, edits)) }),
  ),
  { name: "ct(zone=1),2: established", rig: () => new Rig(trackedProgramCase(false)) },
  { name: "ct(zone=1,nat),2: NAT rewrites the destination", rig: () => new Rig(trackedProgramCase(true)) },
];

const bench: Bench = {
  title: "parser, actions and NAT in memory, one flow: ns a packet",
  measure: (session) => compareRows(session, [], ROWS),
};
export default bench;
