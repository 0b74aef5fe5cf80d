import { beforeEach, describe, expect, it } from "vitest";
import { parseActions } from "../../src/slowpath/actions/list.ts";
import { PORT_CONTROLLER } from "../../src/slowpath/flow/port-text.ts";
import type { PacketIn } from "../../src/slowpath/packet-ins.ts";
import type { PacketOutRequest } from "../../src/slowpath/packet-out.ts";
import { ethernet, ipv4, ipv4Address, udp } from "../model/frames.ts";
import { TestSwitch } from "../model/test-switch.ts";

const IP = { source: ipv4Address("10.0.0.1"), destination: ipv4Address("10.0.0.2") };
const FRAME = ethernet(0x0800, ipv4(IP, 17, udp(IP, 1000, 53, new Uint8Array(20))));

describe("packet-outs", () => {
  let lab: TestSwitch;
  beforeEach(async () => {
    lab = await TestSwitch.start(3);
  });

  /** Ports that the frame left by. */
  function sendOut(actions: string, request: Partial<PacketOutRequest> = {}): number[] {
    const bridge = lab.switch.bridge();
    lab.switch.packetOut({ bridge, frame: FRAME, inPort: PORT_CONTROLLER, actions: parseActions(actions), ...request });
    lab.datapath.run();
    return [1, 2, 3].flatMap((port) => lab.datapath.takeTransmitted(port).map(() => port));
  }

  it("leave by the ports that their actions name", () => {
    expect(sendOut("output:1,output:3")).toEqual([1, 3]);
  });

  it("leave nothing behind", () => {
    sendOut("output:1");
    expect([lab.switch.megaflows.size, lab.switch.recirculation.size]).toEqual([0, 0]);
  });

  it("go through the tables on request, with the registers and the metadata they are given", async () => {
    await lab.add("priority=1,reg3=7,metadata=0x1122334455 actions=output:2", "priority=0 actions=output:1");
    expect(sendOut("output:TABLE")).toEqual([1]);
    expect(sendOut("output:TABLE", { registers: [0, 0, 0, 7], metadata: 0x11_2233_4455n })).toEqual([2]);
    expect(lab.rule(0, 1)!.statistics.packets).toBe(1n);
  });

  it("count as having come in by the port they name", async () => {
    await lab.add("priority=1,in_port=2 actions=output:1,IN_PORT", "priority=0 actions=output:3");
    expect(sendOut("output:TABLE", { inPort: 2 })).toEqual([1, 2]);
  });

  it("are tracked, and go on after it, though they come from no port", async () => {
    await lab.add("table=1,priority=1,ct_state=+trk+new actions=output:2");
    expect(sendOut("ct(commit,table=1)")).toEqual([2]);
  });

  it("say that they were packet-outs when they come back to the controller", () => {
    const packetIns: PacketIn[] = [];
    lab.switch.onPacketIn((packetIn) => packetIns.push(packetIn));
    sendOut("output:CONTROLLER");
    expect(packetIns.map(({ request }) => request.reason)).toEqual(["packet_out"]);
  });
});
