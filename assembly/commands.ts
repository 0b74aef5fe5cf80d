/**
 * Commands of the main thread, applied between batches.
 *
 * What: links and unlinks megaflows, sets meters and conntrack, executes frames for the slow path.
 * Invariants: commands take effect in their order. CONTROL_COMMAND_DONE says how far: at that moment no packet is under
 *   way, so what a removed flow used may be freed. Executed frames stay in the ring until they have left the machine.
 * Cost: bounded by `budget`, so that a flood of commands does not keep the ports waiting.
 */
import {
  flushConnections,
  setConntrackConfig,
  setTimeoutPolicy,
  setZoneLimit,
} from "./conntrack/track.ts";
import { executeFrame } from "./execute-frame.ts";
import { clearCache } from "./flow/cache.ts";
import { insertMegaflow, removeMegaflow } from "./flow/lookup.ts";
import { flushPorts } from "./io/queue.ts";
import { COMMAND_ARGS, COMMAND_CACHE_CLEAR, COMMAND_CT_CONFIG, COMMAND_CT_FLUSH, COMMAND_CT_LIMIT, COMMAND_CT_TIMEOUT, COMMAND_EXECUTE, COMMAND_FLOW_INSERT, COMMAND_FLOW_PROGRAM, COMMAND_FLOW_REMOVE, COMMAND_METER_DELETE, COMMAND_METER_SET, COMMAND_SEQUENCE, COMMAND_TYPE } from "./layout/command.ts";
import { CONTROL_COMMAND_DONE } from "./layout/control.ts";
import { FLOW_PROGRAM } from "./layout/megaflow.ts";
import { CONTROL_BASE } from "./memory.ts";
import { deleteMeter, setMeter } from "./meter/meter.ts";
import { withdrawFlow } from "./offload/withdraw.ts";
import { packetsLeft, resetPool } from "./packet/pool.ts";
import { runWaiting } from "./pipeline.ts";
import { releaseCommands, takeCommand } from "./rings.ts";

/** Records kept for the clones of a single executed frame. */
const EXECUTE_RESERVE: u32 = 256;

/** Applies up to `budget` commands; how many there were. Packet records of an earlier batch are gone after this. */
export function applyCommands(budget: i32): i32 {
  let command = takeCommand();
  if (command == 0) return 0;
  resetPool();
  let applied: i32 = 0;
  let sequence: u32 = 0;
  while (command != 0) {
    sequence = load<u32>(command, COMMAND_SEQUENCE);
    if (load<u32>(command, COMMAND_TYPE) == COMMAND_EXECUTE) execute(command);
    else apply(command);
    applied++;
    command = applied < budget ? takeCommand() : 0;
  }
  flushPorts(); // executed frames lie in the ring
  releaseCommands();
  atomic.store<u32>(CONTROL_BASE, sequence, CONTROL_COMMAND_DONE);
  atomic.notify(CONTROL_BASE + CONTROL_COMMAND_DONE, -1);
  return applied;
}

/** All passes of one frame, so that the next command finds them done. What it sends waits for the others' frames. */
function execute(command: usize): void {
  if (packetsLeft() < EXECUTE_RESERVE) {
    flushPorts();
    resetPool();
  }
  executeFrame(command);
  runWaiting();
}

function apply(command: usize): void {
  const args = command + COMMAND_ARGS;
  switch (load<u32>(command, COMMAND_TYPE)) {
    case COMMAND_FLOW_INSERT:
      insertMegaflow(load<u32>(args));
      break;
    case COMMAND_FLOW_REMOVE:
      removeMegaflow(load<u32>(args));
      break;
    case COMMAND_FLOW_PROGRAM:
      store<u32>(load<u32>(args), load<u32>(args, 4), FLOW_PROGRAM);
      withdrawFlow(load<u32>(args));
      break;
    case COMMAND_METER_SET:
      setMeter(load<u32>(args), args + 4);
      break;
    case COMMAND_METER_DELETE:
      deleteMeter(load<u32>(args));
      break;
    case COMMAND_CT_FLUSH:
      flushConnections(args);
      break;
    case COMMAND_CT_LIMIT:
      setZoneLimit(args);
      break;
    case COMMAND_CT_CONFIG:
      setConntrackConfig(args);
      break;
    case COMMAND_CT_TIMEOUT:
      setTimeoutPolicy(args);
      break;
    case COMMAND_CACHE_CLEAR:
      clearCache();
      break;
  }
}
