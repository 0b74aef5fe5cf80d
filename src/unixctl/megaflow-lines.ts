/** The installed megaflows as lines of dump-flows. */
import { createHash } from "node:crypto";
import { fullKey, type Megaflow } from "../slowpath/megaflow.ts";
import { flowCounters, formatDatapathFlow } from "../slowpath/odp/flow.ts";
import type { Switch } from "../slowpath/switch.ts";
import { datapathPortNames } from "./datapath.ts";

export interface MegaflowLineOptions {
  readonly names: boolean;
  readonly verbose: boolean;
}

export function megaflowLine(owner: Switch, flow: Megaflow, { names, verbose }: MegaflowLineOptions): string {
  const key = fullKey(flow);
  const mask = flow.mask.bytes;
  const counters = flowCounters(owner.datapath.flowStatistics(flow.handle), owner.now());
  return formatDatapathFlow(
    { key, mask, actions: flow.actions, ...counters, ufid: verbose ? identity(key, mask) : undefined },
    { ports: names ? datapathPortNames(owner) : undefined, verbose },
  );
}

/** The same as long as key and mask are: OVS's, too, is a hash of them. */
function identity(key: Uint8Array, mask: Uint8Array): string {
  const masked = key.map((byte, i) => byte & mask[i]);
  const digest = createHash("sha1").update(masked).update(mask).digest("hex");
  return [8, 12, 16, 20, 32].map((end, i, ends) => digest.slice(i === 0 ? 0 : ends[i - 1], end)).join("-");
}
