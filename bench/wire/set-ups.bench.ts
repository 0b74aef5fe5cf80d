/**
 * Flow set-ups a second: every frame belongs to a flow that was not there before and needs a megaflow of its own, more of them than
 * any switch can set up. What arrives has been through the slow path; a switch may send it on without a megaflow, as Open vSwitch
 * does from its flow limit on (10,000 at first): so megaflows are counted where they are made.
 */
import type { Bench } from "../bench.ts";
import { Megaflow } from "../contestants/megaflow.ts";
import { OpenVswitch } from "../contestants/openvswitch.ts";
import type { Pipeline } from "../contestants/pipeline.ts";
import { compareOnWire } from "./compare.ts";
import { frameRate } from "./frame-rate.ts";
import { loadMetrics, withLoad } from "./load.ts";
import { WireContestant } from "./rig.ts";

const SET_UPS = "megaflows set up";
const TRANSLATED = "frames through the slow path";
/** Hashing looks at addresses and ports, those of UDP too: so does the megaflow. NORMAL carries ARP. */
const RULE = "priority=0 actions=multipath(symmetric_l3l4+udp,1024,modulo_n,2,0,NXM_NX_REG0[]),normal";
const PIPELINE: Pipeline = { flows: [RULE], groups: [] };
const FLOWS = 100_000_000;

const bench: Bench = {
  title: "flow set-ups a second over the wire, every frame a new flow",
  async measure(session) {
    const seconds = session.quick ? 1 : 4;
    session.setting("seconds", seconds);
    session.setting("seconds before the first round, to warm up", seconds);
    session.setting("rule", RULE);
    const stream = { bytes: 60, seconds, flows: FLOWS };
    const isWarm = new Set<WireContestant>();
    await compareOnWire(session, {
      contestants: [new Megaflow("veth", PIPELINE), new Megaflow("tap", PIPELINE), new OpenVswitch({}, PIPELINE)].map(
        (forwarder) => new WireContestant(forwarder),
      ),
      cases: [{ name: "60-byte frames" }],
      metrics: [
        { name: SET_UPS, unit: "k/s", better: "higher" },
        { name: TRANSLATED, unit: "k/s", better: "higher" },
        ...loadMetrics("million frames"),
      ],
      patience: 40,
      measure: async (contestant) => {
        if (!isWarm.has(contestant)) await frameRate(contestant, stream);
        isWarm.add(contestant);
        return withLoad(contestant, async () => {
          const before = await contestant.forwarder.setUps();
          const { arrived, arrivedRate } = await frameRate(contestant, stream);
          const setUps = (await contestant.forwarder.setUps())! - before!;
          const figures = {
            [SET_UPS]: (setUps / arrived) * (arrivedRate / 1000),
            [TRANSLATED]: arrivedRate / 1000,
          };
          return { figures, amount: arrived / 1e6 };
        });
      },
    });
  },
};
export default bench;
