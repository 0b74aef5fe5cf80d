/** Every program of an OVN host is ended and started again while connections run through the switch. */
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { OvnLab } from "../../src/lab/ovn/ovn-lab.ts";
import { SERVERS, VIP } from "../../src/lab/topology.ts";
import { prepareTraffic, type Traffic, withTraffic } from "./support/ovn-traffic.ts";
import { sharedOvnLab } from "./support/with-ovn-lab.ts";

/** Milliseconds that traffic runs without the program that was ended. */
const ABSENCE = 1000;

const lab = sharedOvnLab({}, prepareTraffic);
let ports = 9000;

/** The northbound database still rules the switch: a new virtual address is answered, by both servers. */
async function expectControl(): Promise<void> {
  const vip = `${VIP}:${++ports}`;
  const backends = SERVERS.map(({ address }) => `${address}:8000`).join(",");
  await lab().central.nbctl("lb-add", "lb1", vip, backends, "tcp");
  await lab().central.synchronise();
  const answers = [];
  for (let i = 0; i < 16; i++) answers.push(await lab().curl({ url: `http://${vip}/` }));
  expect(new Set(answers.map(({ answer, error }) => answer ?? error))).toEqual(
    new Set(SERVERS.map(({ says }) => says)),
  );
}

function report(name: string, { balanced, straight, curls }: Traffic): void {
  console.log(
    `${name}: longest silence of a balanced connection ${balanced.longest} ms, of a straight one ${straight.longest} ms, ` +
      `between answered curls ${curls.longest} ms (${curls.answered} answered, ${curls.faults.length} not)`,
  );
}

/** Ends and starts a program; between the two, traffic runs without it. */
type Restart = (lab: OvnLab) => Promise<unknown>;

const controllerBy =
  (end: Restart): Restart =>
  async (up) => {
    await end(up);
    await delay(ABSENCE);
    await up.chassis[0].startController();
  };

const CONTROL: readonly (readonly [string, Restart])[] = [
  ["ovn-controller, by SIGTERM", controllerBy(({ chassis: [{ daemons }] }) => daemons.stop("ovn-controller"))],
  [
    "ovn-controller, by its exit",
    controllerBy(({ chassis: [{ daemons }] }) => daemons.run(["ovn-appctl", "-t", "ovn-controller", "exit"])),
  ],
  [
    "ovn-northd",
    async ({ central }) => {
      await central.daemons.stop("ovn-northd");
      await delay(ABSENCE);
      await central.startNorthd();
    },
  ],
  [
    "the switch's database server",
    async ({ chassis: [chassis] }) => {
      await chassis.daemons.stop("db");
      await delay(ABSENCE);
      await chassis.startDatabase();
    },
  ],
  [
    "OVN's database servers",
    async ({ central: { daemons } }) => {
      for (const name of ["ovnnb", "ovnsb"]) await daemons.stop(name);
      await delay(ABSENCE);
      for (const name of ["ovnnb", "ovnsb"]) await daemons.serveDatabase(name);
    },
  ],
];

describe("connections live on, and the switch obeys again, when there was a restart of", () => {
  it.each(CONTROL)("%s", async (name, restart) => {
    const traffic = await withTraffic(lab(), async () => {
      await restart(lab());
      await expectControl();
    });
    report(name, traffic);
    expect(traffic.balanced.fault).toBeUndefined();
    expect(traffic.straight.fault).toBeUndefined();
    expect(traffic.curls.faults).toEqual([]);
  });
});

describe("the switch itself comes back to its ports and rules", () => {
  it.each(["SIGTERM", "SIGKILL"] as const)("after %s", async (how) => {
    const [chassis] = lab().chassis;
    const traffic = await withTraffic(lab(), async () => {
      await chassis.daemons.stop("ovs-vswitchd", how);
      await chassis.startSwitch();
      await lab().curls(1);
      await expectControl();
      await delay(ABSENCE);
    });
    report(how, traffic);
    // Its connections are gone with it: a balanced one may be led to the other server, which does not know it.
    expect(traffic.straight.fault).toBeUndefined();
    expect(traffic.curls.answered).toBeGreaterThan(10);
  });
});
