/** Who is compared over the wire. */
import type { Session } from "../bench.ts";
import { LinuxBridge, NftablesDnat, NoSwitch } from "../contestants/kernel.ts";
import { Megaflow } from "../contestants/megaflow.ts";
import { OpenVswitch } from "../contestants/openvswitch.ts";
import { LEARNING_SWITCH } from "../contestants/pipeline.ts";
import { ROUTED, WireContestant } from "./rig.ts";

const RIGHT_HOST = ROUTED.hosts[1].address;

export const QUICK_LEAVES_OUT = "The quick run leaves out internal ports: they are TAP devices in both switches.";

/** Fresh ones, ours first. */
export function wireContestants({ quick }: Pick<Session, "quick">): WireContestant[] {
  const internal = [
    new WireContestant(new Megaflow("internal", LEARNING_SWITCH)),
    new WireContestant(new OpenVswitch({ internal: true }, LEARNING_SWITCH)),
  ];
  return [
    new WireContestant(new Megaflow("tap", LEARNING_SWITCH)),
    new WireContestant(new Megaflow("veth", LEARNING_SWITCH)),
    new WireContestant(new Megaflow("veth", LEARNING_SWITCH, { hwOffload: true })),
    new WireContestant(new Megaflow("af_xdp", LEARNING_SWITCH)),
    new WireContestant(new OpenVswitch({ segmentation: true }, LEARNING_SWITCH)),
    new WireContestant(new OpenVswitch({}, LEARNING_SWITCH)),
    new WireContestant(new LinuxBridge()),
    new WireContestant(new NftablesDnat(`ip daddr ${ROUTED.targets[0]} dnat to ${RIGHT_HOST}`), ROUTED),
    ...(quick ? [] : internal),
    new WireContestant(new NoSwitch()),
  ];
}
