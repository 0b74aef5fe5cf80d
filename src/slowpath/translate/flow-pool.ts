/** Flows for saving and restoring around clones, buckets and patch ports: taken and given back like a stack. */
import { FLOW_SIZE } from "../flow/flow-layout.ts";

const spare: Uint8Array[] = [];

export function takeFlow(from: Uint8Array): Uint8Array {
  const flow = spare.pop() ?? new Uint8Array(FLOW_SIZE);
  flow.set(from);
  return flow;
}

export function giveBack(flow: Uint8Array): void {
  spare.push(flow);
}
