import { KEY_IN_PORT } from "../../../assembly/layout.ts";
import type { UnixctlCommand } from "../command.ts";
import { requireBridge } from "../datapath.ts";
import { megaflowLine } from "../megaflow-lines.ts";

/** The megaflows of packets that came in by one bridge. */
export const dpifDumpFlows: UnixctlCommand = {
  name: "dpif/dump-flows",
  usage: "[-m] [--names | --no-names] bridge",
  minimum: 1,
  maximum: Number.POSITIVE_INFINITY,
  run(daemon, words) {
    const owner = daemon.switch;
    const bridge = requireBridge(daemon, words.at(-1)!);
    const options = words.slice(0, -1);
    const verbose = options.includes("-m");
    const names = (options.includes("--names") || verbose) && !options.includes("--no-names");
    const lines: string[] = [];
    for (const flow of owner.megaflows) {
      const inPort = new DataView(flow.key.buffer, flow.key.byteOffset).getUint32(KEY_IN_PORT);
      if (owner.owner(inPort)?.bridge === bridge) lines.push(`${megaflowLine(owner, flow, { names, verbose })}\n`);
    }
    return lines.join("");
  },
};
