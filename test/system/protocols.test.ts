import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runInNamespace, tryInNamespace } from "../../src/lab/namespaces.ts";
import { CLIENT, type LabHost, SERVERS } from "../../src/lab/topology.ts";
import { sharedLab } from "./support/with-lab.ts";

const ECHO_SERVER = fileURLToPath(new URL("./support/udp-echo.ts", import.meta.url));
const EXCHANGE = fileURLToPath(new URL("./support/udp-exchange.ts", import.meta.url));
const PROBE = fileURLToPath(new URL("./support/icmp-probe.ts", import.meta.url));
const ECHO_PORT = 9000;

const [SERVER, NEIGHBOUR] = SERVERS;
const TIME_EXCEEDED = 11;
const UNREACHABLE = 3;
const PORT_UNREACHABLE = 3;

describe.each(["tap", "veth"] as const)("over %s ports", (ports) => {
  const lab = sharedLab({ ports }, async (built) => {
    await built.start(SERVER.name, ECHO_SERVER, [String(ECHO_PORT)]);
  });

  const ping = (from: LabHost, ...words: string[]) =>
    tryInNamespace(lab().namespace(from.name), ["ping", "-n", "-W", "2", ...words]);

  async function node(script: string, ...words: string[]): Promise<unknown> {
    return JSON.parse(await runInNamespace(lab().namespace("ns3"), [process.execPath, script, ...words]));
  }

  it.each([
    ["a server through the router", CLIENT, SERVER.address, 63],
    ["the router itself", CLIENT, CLIENT.gateway, 254],
    ["the router's far side", CLIENT, SERVER.gateway, 254],
    ["a neighbour on the same switch", SERVER, NEIGHBOUR.address, 64],
  ])("ping reaches %s", async (_, from, address, ttl) => {
    const { stdout, status } = await ping(from, "-c", "5", "-i", "0.05", address);
    expect(stdout).toContain("5 packets transmitted, 5 received, 0% packet loss");
    expect(stdout).toContain(`ttl=${ttl} `);
    expect(status).toBe(0);
  });

  it("the virtual address does not answer ping, as with real OVN", async () => {
    const { stdout } = await ping(CLIENT, "-c", "1", "-W", "1", "1.1.1.50");
    expect(stdout).toContain("0 received");
  });

  it("traceroute sees the router, then the server", async () => {
    expect(await node(PROBE, "trace", SERVER.address)).toEqual([
      { ttl: 1, from: CLIENT.gateway, type: TIME_EXCEEDED, code: 0 },
      { ttl: 2, from: SERVER.address, type: UNREACHABLE, code: PORT_UNREACHABLE },
    ]);
  });

  it.each([0, 1, 56, 1471, 1472])("a crafted echo of %d bytes comes back intact", async (size) => {
    expect(await node(PROBE, "echo", SERVER.address, String(size))).toEqual({ returned: true, intact: true });
  });

  it.each([
    ["right", { type: UNREACHABLE, code: PORT_UNREACHABLE }],
    ["none", { type: UNREACHABLE, code: PORT_UNREACHABLE }],
    ["wrong", {}],
  ])("a UDP datagram whose checksum is %s gets the answer it deserves", async (sum, answer) => {
    expect(await node(PROBE, "udp", SERVER.address, "9", sum, CLIENT.address)).toEqual(answer);
  });

  it("20 000 UDP datagrams come back whole", async () => {
    const result = await node(EXCHANGE, SERVER.address, String(ECHO_PORT), "20000", "1400");
    expect(result).toEqual({ sent: 20_000, returned: 20_000, damaged: 0 });
  });

  it("UDP datagrams of 8 KB, in IPv4 fragments, come back whole", async () => {
    // The first ones wait for translations while later ones pass them by; Linux gives up a datagram whose fragments
    // come more than 64 others apart (ipfrag_max_dist), so those do not count.
    await node(EXCHANGE, SERVER.address, String(ECHO_PORT), "40", "8192");
    const result = await node(EXCHANGE, SERVER.address, String(ECHO_PORT), "500", "8192");
    expect(result).toEqual({ sent: 500, returned: 500, damaged: 0 });
  });

  it("ping with 4000 bytes, in IPv4 fragments, reaches a server through the router", async () => {
    const { stdout } = await ping(CLIENT, "-c", "5", "-i", "0.05", "-s", "4000", SERVER.address);
    expect(stdout).toContain("5 packets transmitted, 5 received, 0% packet loss");
  });
});
