/**
 * Whether the kernel could do what a megaflow does: found out once for each program.
 *
 * What: tracking of connections that exist, edits of addresses, ports, MACs and TTL, one output at the end. Whatever counts, samples,
 *   copies, cuts, tags or tunnels stays with the fast path, and so does what looks at TCP's flags.
 */
import { shortest } from "../actions/instruction.ts";
import { KEY_TCP_FLAGS } from "../layout/key.ts";
import { MASK_BLOCKS } from "../layout/mask.ts";
import { FLOW_FITNESS, FLOW_MASK, FLOW_PROGRAM } from "../layout/megaflow.ts";
import { FITNESS_NONE, FITNESS_OUTPUTS, FITNESS_RECIRCULATES, FITNESS_UNKNOWN } from "../layout/offload.ts";
import { CT_FLAG_FORCE, CT_HELPER_NONE, OP_CT, OP_CT_CLEAR, OP_CT_FLAGS, OP_CT_HELPER, OP_HASH, OP_HEADER_SIZE, OP_LENGTH, OP_OPCODE, OP_OUTPUT, OP_RECIRC, OP_SET_ETHERNET, OP_SET_IPV4, OP_SET_METADATA, OP_SET_TRANSPORT } from "../layout/program.ts";

const PORT: usize = 8;

/** FITNESS_* of a megaflow. */
@inline
export function fitnessOf(flow: usize): u32 {
  const known = load<u32>(flow, FLOW_FITNESS);
  return known != FITNESS_UNKNOWN ? known : findFitness(flow);
}

function findFitness(flow: usize): u32 {
  const fitness = looksAtTcpFlags(load<u32>(flow, FLOW_MASK)) ? FITNESS_NONE : fitnessOfProgram(load<u32>(flow, FLOW_PROGRAM));
  store<u32>(flow, fitness, FLOW_FITNESS);
  return fitness;
}

/** The blocks of the first line are always listed (layout/mask.ts), so theirs stand at their own places. */
function looksAtTcpFlags(mask: usize): bool {
  return load<u16>(mask, MASK_BLOCKS + KEY_TCP_FLAGS) != 0;
}

function fitnessOfProgram(program: usize): u32 {
  let instruction = program + 4;
  const end = instruction + load<u32>(program);
  while (instruction < end) {
    const opcode: u32 = load<u16>(instruction, OP_OPCODE);
    const length = load<u32>(instruction, OP_LENGTH);
    if (length < <u32>OP_HEADER_SIZE || length < shortest(opcode)) return FITNESS_NONE;
    const last = instruction + length == end;
    if (opcode == OP_OUTPUT) return last ? FITNESS_OUTPUTS : FITNESS_NONE;
    if (opcode == OP_RECIRC) return last ? FITNESS_RECIRCULATES : FITNESS_NONE;
    if (!isFit(instruction, opcode)) return FITNESS_NONE;
    instruction += length;
  }
  return FITNESS_NONE;
}

function isFit(instruction: usize, opcode: u32): bool {
  switch (opcode) {
    case OP_SET_ETHERNET:
    case OP_SET_IPV4:
    case OP_SET_TRANSPORT:
    case OP_SET_METADATA: // of this packet's way through the tables only
    case OP_CT_CLEAR:
    case OP_HASH:
      return true;
    case OP_CT:
      return (load<u32>(instruction, OP_CT_FLAGS) & CT_FLAG_FORCE) == 0 && load<u32>(instruction, OP_CT_HELPER) == CT_HELPER_NONE;
    default:
      return false;
  }
}

/** The port to which a program sends that is FITNESS_OUTPUTS. */
export function outputOf(flow: usize): u32 {
  const program: usize = load<u32>(flow, FLOW_PROGRAM);
  let instruction = program + 4;
  while (load<u16>(instruction, OP_OPCODE) != OP_OUTPUT) instruction += load<u32>(instruction, OP_LENGTH);
  return load<u32>(instruction, PORT);
}
