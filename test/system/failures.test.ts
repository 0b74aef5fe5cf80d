import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { curl } from "../../src/lab/curl.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { ip, removeNamespaces } from "../../src/lab/namespaces.ts";
import { CLIENT, SERVERS, VIP, WEB_PORT } from "../../src/lab/topology.ts";
import { withLab } from "./support/with-lab.ts";

const [MASTER, SLAVER] = SERVERS;

/** Resolves once the daemon has logged `message` about a port. */
async function logged(lab: Lab, port: string, message: string): Promise<void> {
  const entries = () =>
    lab.daemonLog.split("\n").filter((line) => line.includes(`"port":"${port}"`) && line.includes(message));
  for (let tries = 0; tries < 400 && entries().length === 0; tries++) await delay(25);
  expect(entries()).not.toEqual([]);
}

/** Twelve curls to the one server that is left. */
async function survivorAnswers(lab: Lab): Promise<void> {
  await lab.ask("nbctl", ["set", "Load_Balancer", "lb1", `vips:"${VIP}:${WEB_PORT}"="${SLAVER.address}:${WEB_PORT}"`]);
  const results = await lab.curls(12);
  expect(results.map(({ answer, error }) => answer ?? error)).toEqual(Array(12).fill(SLAVER.says));
}

/** Curls on while `happen` happens, so that frames are on their way to what vanishes. */
async function underTraffic(lab: Lab, happen: () => Promise<unknown>): Promise<void> {
  let over = false;
  const load = [0, 1, 2].map(async () => {
    while (!over) {
      await curl({ namespace: lab.namespace("ns3"), url: lab.url, client: CLIENT.address, timeout: 1 });
    }
  });
  await lab.curls(5);
  await happen();
  over = true;
  await Promise.all(load);
}

describe.each(["tap", "veth", "af_xdp"] as const)("under traffic over %s ports", (ports) => {
  it("a server's namespace that is killed is logged, and the switch goes on", async () => {
    await withLab({ ports }, async (lab) => {
      await underTraffic(lab, async () => {
        await removeNamespaces([lab.namespace("ns1")]);
        await logged(lab, MASTER.port, "port lost its device");
      });
      await survivorAnswers(lab);
    });
  });

  it("a device that is deleted is logged, and the switch goes on", async () => {
    await withLab({ ports }, async (lab) => {
      await underTraffic(lab, async () => {
        await ip("-n", lab.namespace("ns1"), "link", "delete", lab.device(MASTER));
        await logged(lab, MASTER.port, "port lost its device");
      });
      await survivorAnswers(lab);
      expect(await lab.ask("ports")).not.toMatch(new RegExp(`${MASTER.port}\\s+\\w+\\s+up`));
    });
  });

  it("a device that is set down and up again carries frames again", async () => {
    await withLab({ ports }, async (lab) => {
      const device = lab.device(SLAVER);
      await ip("-n", lab.namespace("ns2"), "link", "set", device, "down");
      await logged(lab, SLAVER.port, "port is down");
      await ip("-n", lab.namespace("ns2"), "link", "set", device, "up");
      await ip("-n", lab.namespace("ns2"), "route", "replace", "default", "via", SLAVER.gateway);
      await survivorAnswers(lab);
    });
  });
});
