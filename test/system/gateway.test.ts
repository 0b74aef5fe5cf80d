/** Load balancers of the embedded control plane beyond the blog's: on a gateway router, and for UDP; real curls and datagrams. */

import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { curl } from "../../src/lab/curl.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { runInNamespace } from "../../src/lab/namespaces.ts";
import { CLIENT, SERVERS } from "../../src/lab/topology.ts";
import { sharedLab } from "./support/with-lab.ts";

const program = (name: string): string => fileURLToPath(new URL(`support/${name}`, import.meta.url));
const BACKENDS = SERVERS.map(({ address }) => address);
/** An address of the client's own network, which only the router answers for. */
const ROUTER_VIP = "2.1.1.50";
const lab = sharedLab({}, async (made) => {
  for (const server of SERVERS) await made.start(server.name, program("udp-echo.ts"), ["5002"]);
});

/** Runs commands, and takes back at the end of the test what they made. */
async function configure(made: Lab, commands: readonly string[], undo: readonly string[]): Promise<void> {
  await made.ask("nbctl", [], { script: commands.join("\n") });
  onTestFinished(async () => void (await made.ask("nbctl", [], { script: undo.join("\n") })));
}

async function answers(made: Lab, url: string, count: number): Promise<(string | undefined)[]> {
  const results = [];
  for (let i = 0; i < count; i++) {
    results.push(await curl({ namespace: made.namespace("ns3"), url, client: CLIENT.address }));
  }
  expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
  return results.map(({ answer }) => answer);
}

async function datagrams(made: Lab, address: string, port: number): Promise<unknown> {
  const command = [process.execPath, program("udp-exchange.ts"), address, String(port), "200", "100"];
  return JSON.parse(await runInNamespace(made.namespace("ns3"), command));
}

it.each([
  ["as they come", ""],
  ["from the router's own address", "options:lb_force_snat_ip=router_ip"],
])("a gateway router's load balancer carries curls to both servers, %s", async (_, option) => {
  await configure(
    lab(),
    [
      `lb-add gw ${ROUTER_VIP}:80 ${BACKENDS.map((address) => `${address}:8000`).join(",")} tcp`,
      "lr-lb-add r1 gw",
      `set Logical_Router r1 options:chassis=here ${option}`,
    ],
    ["lr-lb-del r1 gw", "lb-del gw", "clear Logical_Router r1 options"],
  );
  const seen = await answers(lab(), `http://${ROUTER_VIP}:80/`, 20);
  expect(new Set(seen)).toEqual(new Set(SERVERS.map(({ says }) => says)));
  const connections = await lab().ask("conntrack");
  expect(/reply=\(src=1\.1\.1\.\d+,dst=1\.1\.1\.1,/.test(connections)).toBe(option !== "");
});

it("UDP is balanced on the switch and on the gateway router", async () => {
  const backends = BACKENDS.map((address) => `${address}:5002`).join(",");
  await configure(
    lab(),
    [
      `lb-add u1 1.1.1.60:53 ${backends} udp`,
      "ls-lb-add ls2 u1",
      `lb-add u2 ${ROUTER_VIP}:53 ${backends} udp`,
      "lr-lb-add r1 u2",
      "set Logical_Router r1 options:chassis=here",
    ],
    ["ls-lb-del ls2 u1", "lr-lb-del r1 u2", "lb-del u1", "lb-del u2", "clear Logical_Router r1 options"],
  );
  for (const address of ["1.1.1.60", ROUTER_VIP]) {
    expect(await datagrams(lab(), address, 53)).toEqual({ sent: 200, returned: 200, damaged: 0 });
  }
});
