/** What the packets of a program need before it runs, so that the stages nobody needs are left out. */
import { isOutput, outputPort } from "../actions/output.ts";
import { isSelect } from "../actions/select.ts";
import { plainPort } from "../io/transmit.ts";
import { FLOW_PROGRAM } from "../layout/megaflow.ts";
import { OP_CT } from "../layout/program.ts";
import { FLOWS } from "./lists.ts";

/** The RSS hash; its connection read ahead. */
export const NEEDS_HASH: u32 = 1;
export const NEEDS_CONNECTION: u32 = 2;
/** The bucket of a program that is one select, chosen ahead, and the RSS hash where it decides. */
export const NEEDS_CHOICE: u32 = 4;

/** Record of the port when the program is one output and nothing else, to a port that is fit for `transmitPlain`; else 0. */
@inline
export function outputOnly(program: usize): usize {
  return isOutput(program + 4, load<u32>(program)) ? plainPort(outputPort(program + 4)) : 0;
}

@inline
export function beginsWithTracking(program: usize): bool {
  return load<u16>(program + 4) == OP_CT;
}

/** What packets of the program need before it runs, NEEDS_*. */
@inline
export function needsOf(program: usize): u32 {
  if (outputOnly(program) != 0) return 0;
  if (beginsWithTracking(program)) return NEEDS_HASH | NEEDS_CONNECTION;
  return isSelect(program + 4, load<u32>(program)) ? NEEDS_CHOICE : NEEDS_HASH;
}

/** The same of all megaflows of the pass. */
export function needsOfAll(end: usize): u32 {
  let needs: u32 = 0;
  let known: usize = 0;
  for (let i: usize = 0; i < end; i += 4) {
    const flow: usize = load<u32>(FLOWS + i);
    if (flow == 0) continue;
    const program: usize = load<u32>(flow, FLOW_PROGRAM);
    if (program == known) continue;
    known = program;
    needs |= needsOf(program);
  }
  return needs;
}
