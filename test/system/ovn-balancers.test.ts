/** What OVN's load balancers can do, on our switch, as it was recorded on real Open vSwitch. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { ip, runInNamespace } from "../../src/lab/namespaces.ts";
import type { OvnLab } from "../../src/lab/ovn/ovn-lab.ts";
import { terminate } from "../../src/lab/processes.ts";
import { CLIENT, clientAddresses, PREFIX_LENGTH, SERVERS, VIP, WEB_PORT } from "../../src/lab/topology.ts";
import { sharedOvnLab } from "./support/with-ovn-lab.ts";

const [MASTER, SLAVER] = SERVERS;
const SAYS = new Set(SERVERS.map(({ says }) => says));
const script = (name: string): string => fileURLToPath(new URL(`support/${name}`, import.meta.url));
const backends = (port: number): string => SERVERS.map(({ address }) => `${address}:${port}`).join(",");

const lab = sharedOvnLab({}, prepare);
const nbctl = (...words: string[]): Promise<string> => lab().central.nbctl(...words);
const appctl = (...words: string[]): Promise<string> => lab().chassis[0].appctl(...words);

async function prepare({ central }: OvnLab): Promise<void> {
  await central.nbctl("lb-add", "lb-r1", `2.1.1.50:${WEB_PORT}`, backends(WEB_PORT), "tcp");
  await central.synchronise();
}

/** The answers to `count` curls at an address. */
async function ask(address: string, count: number): Promise<(string | undefined)[]> {
  const answers = [];
  for (let i = 0; i < count; i++) answers.push(await lab().curl({ url: `http://${address}:${WEB_PORT}/`, timeout: 1 }));
  return answers.map(({ answer }) => answer);
}

/** Runs the body with commands of ovn-nbctl in force, and takes them back whatever it does. */
async function changed(make: string[][], undo: string[][], body: () => Promise<void>): Promise<void> {
  try {
    for (const words of make) await nbctl(...words);
    await lab().central.synchronise();
    await body();
  } finally {
    for (const words of undo) await nbctl(...words);
    await lab().central.synchronise();
  }
}

describe("a balancer on the router", () => {
  const gatewayRouter = ["set", "Logical_Router", "r1", "options:chassis=master"];
  const noGatewayRouter = ["remove", "Logical_Router", "r1", "options", "chassis"];

  it.each([
    { name: "that is a gateway router", make: [gatewayRouter], undo: [noGatewayRouter], client: CLIENT.address },
    {
      name: "that is a gateway router and stands in for the client",
      make: [gatewayRouter, ["set", "Logical_Router", "r1", "options:lb_force_snat_ip=router_ip"]],
      undo: [["remove", "Logical_Router", "r1", "options", "lb_force_snat_ip"], noGatewayRouter],
      client: MASTER.gateway,
    },
    {
      name: "with a gateway port on the client's side",
      make: [["lrp-set-gateway-chassis", "r1-p2", "master", "10"]],
      undo: [["lrp-del-gateway-chassis", "r1-p2", "master"]],
      client: CLIENT.address,
    },
  ])("$name carries connections to both servers", ({ make, undo, client }) =>
    changed([["lr-lb-add", "r1", "lb-r1"], ...make], [...undo, ["lr-lb-del", "r1", "lb-r1"]], async () => {
      await appctl("dpctl/flush-conntrack");
      expect(new Set(await ask("2.1.1.50", 20))).toEqual(SAYS);
      const connections = await appctl("dpctl/dump-conntrack");
      for (const { address } of SERVERS) expect(connections).toContain(`reply=(src=${address},dst=${client},`);
    }),
  );

  it.each([
    {
      name: "a router without a gateway port",
      make: [["lr-lb-add", "r1", "lb-r1"]],
      undo: [["lr-lb-del", "r1", "lb-r1"]],
    },
    {
      name: "a gateway port on the servers' side only",
      make: [
        ["lr-lb-add", "r1", "lb-r1"],
        ["lrp-set-gateway-chassis", "r1-p1", "master", "10"],
      ],
      undo: [
        ["lrp-del-gateway-chassis", "r1-p1", "master"],
        ["lr-lb-del", "r1", "lb-r1"],
      ],
    },
    {
      name: "a switch, for an address of its own network",
      make: [["ls-lb-add", "ls2", "lb-r1"]],
      undo: [["ls-lb-del", "ls2", "lb-r1"]],
    },
  ])("on $name does not work, as with real Open vSwitch", ({ make, undo }) =>
    changed(make, undo, async () => {
      await ip("-n", lab().namespace("ns3"), "neigh", "flush", "all"); // a router that answered for the address before
      expect(await ask("2.1.1.50", 2)).toEqual([undefined, undefined]);
    }),
  );
});

describe("selection_fields", () => {
  const clients = clientAddresses(6);

  /** `nw_src=2.1.1.10 tp_src=40000 using bucket 0`: what real Open vSwitch picks. */
  function recordedBuckets(fields: string): Map<string, string> {
    const file = new URL(`../data/reference/3-selection-fields/${fields}/trace-buckets.txt`, import.meta.url);
    const lines = readFileSync(file, "utf8").matchAll(/^nw_src=(\S+) tp_src=(\d+) using bucket (\d)$/gm);
    return new Map([...lines].map(([, address, port, bucket]) => [`${address}:${port}`, SERVERS[Number(bucket)].says]));
  }

  it("prepares its clients", async () => {
    for (const address of clients.slice(1)) {
      await ip("-n", lab().namespace("ns3"), "address", "add", `${address}/${PREFIX_LENGTH}`, "dev", CLIENT.peer);
    }
  });

  it.each(["ip_src", "ip_dst", "eth_src", "tp_src", "ip_src,tp_src", "ip_src,ip_dst,tp_src,tp_dst"])(
    "%s leads every client to the server that real Open vSwitch leads it to",
    async (fields) => {
      await nbctl("set", "Load_Balancer", "lb1", `selection_fields=${fields}`);
      await lab().central.synchronise();
      await appctl("dpctl/flush-conntrack");
      const recorded = recordedBuckets(fields);
      const expected: Record<string, string | undefined> = {};
      const answered: Record<string, string | undefined> = {};
      for (const client of clients) {
        for (const port of [40000, 40001]) {
          const { answer, error } = await lab().curl({ client, port, timeout: 2 });
          answered[`${client}:${port}`] = answer ?? error;
          expected[`${client}:${port}`] = recorded.get(`${client}:${port}`);
        }
      }
      expect(answered).toEqual(expected);
    },
  );

  it("none: the datapath's hash takes every connection anew", async () => {
    await nbctl("clear", "Load_Balancer", "lb1", "selection_fields");
    await lab().central.synchronise();
    expect(new Set(await ask(VIP, 20))).toEqual(SAYS);
  });
});

describe("UDP", () => {
  it("sockets keep their server, and spread over both; the balancer's port may be another", async () => {
    for (const { name, says } of SERVERS) await lab().start(name, script("udp-station.ts"), ["serve", "9000", says]);
    await nbctl("lb-add", "lb-udp", `${VIP}:9000`, backends(9000), "udp");
    await nbctl("lb-add", "lb-udp", `${VIP}:9001`, backends(9000), "udp");
    await nbctl("ls-lb-add", "ls2", "lb-udp");
    await lab().central.synchronise();
    for (const port of [9000, 9001]) {
      const sockets = await inClient("udp-station.ts", "ask", VIP, String(port), "60", "20");
      for (const answers of sockets as string[][]) expect(new Set(answers).size).toBe(1);
      expect(new Set((sockets as string[][]).flat())).toEqual(SAYS);
    }
  });
});

describe("SCTP", () => {
  it("associations have ports: each may go to another server, also behind another port of the balancer", async () => {
    for (const { name, says } of SERVERS) await lab().start(name, script("sctp-station.ts"), ["serve", "9100", says]);
    await nbctl("lb-add", "lb-sctp", `${VIP}:9100`, backends(9100), "sctp");
    await nbctl("lb-add", "lb-sctp", `${VIP}:9101`, backends(9100), "sctp");
    await nbctl("ls-lb-add", "ls2", "lb-sctp");
    await lab().central.synchronise();
    for (const port of [9100, 9101]) {
      const servers = (await inClient("sctp-station.ts", "associate", VIP, String(port), "16")) as (string | null)[];
      expect(new Set(servers)).toEqual(SAYS);
    }
    expect(await appctl("dpctl/dump-conntrack")).toMatch(
      /sctp,orig=\(src=2\.1\.1\.10,dst=1\.1\.1\.50,sport=20000,dport=9101\),reply=\(src=1\.1\.1\.[12]00,dst=2\.1\.1\.10,sport=9100,dport=\d+\)/,
    );
    expect(await inClient("sctp-station.ts", "associate", MASTER.address, "9100", "2")).toEqual([
      MASTER.says,
      MASTER.says,
    ]);
  });
});

describe("IPv6", () => {
  /** The hosts' second addresses: the same last number in a network of their own for each switch. */
  const ADDRESSES = { ns1: "fd01::100", ns2: "fd01::200", ns3: "fd02::10" } as const;
  const gateway = (address: string): string => address.replace(/[^:]*$/, "1");

  it("balancers carry connections to both servers, and errors about them come back", async () => {
    for (const { name, mac, address, logicalPort, peer } of [...SERVERS, CLIENT]) {
      await nbctl("lsp-set-addresses", logicalPort, `${mac} ${address} ${ADDRESSES[name]}`);
      const inHost = ["-6", "-n", lab().namespace(name)];
      await ip(...inHost, "address", "add", `${ADDRESSES[name]}/64`, "dev", peer, "nodad");
      await ip(...inHost, "route", "add", "default", "via", gateway(ADDRESSES[name]));
    }
    await nbctl("add", "Logical_Router_Port", "r1-p1", "networks", '"fd01::1/64"');
    await nbctl("add", "Logical_Router_Port", "r1-p2", "networks", '"fd02::1/64"');
    const servers = SERVERS.map(({ name }) => `[${ADDRESSES[name]}]:${WEB_PORT}`).join(",");
    await nbctl("lb-add", "lb6", `[fd01::50]:${WEB_PORT}`, servers, "tcp");
    await nbctl("ls-lb-add", "ls2", "lb6");
    await lab().central.synchronise();
    const curls = [];
    for (let i = 0; i < 20; i++) {
      curls.push(await lab().curl({ url: `http://[fd01::50]:${WEB_PORT}/`, client: ADDRESSES.ns3, timeout: 2 }));
    }
    expect(curls.map(({ error }) => error)).toEqual(curls.map(() => undefined));
    expect(new Set(curls.map(({ answer }) => answer))).toEqual(SAYS);
    expect(await appctl("dpctl/dump-conntrack")).toMatch(
      /tcp,orig=\(src=fd02::10,dst=fd01::50,sport=\d+,dport=8000\),reply=\(src=fd01::[12]00,dst=fd02::10,sport=8000,dport=\d+\)/,
    );
    // A port where nobody listens: the server's ICMPv6 error belongs to the connection, and bears the balancer's address again.
    await nbctl("lb-add", "lb6-udp", "[fd01::50]:9", `[${ADDRESSES.ns1}]:9`, "udp");
    await nbctl("ls-lb-add", "ls2", "lb6-udp");
    await lab().central.synchronise();
    expect(await inClient("udp-refusal.ts", "fd01::50", "9")).toEqual({ refused: true });
  });
});

/** A program of support/ in the client, which prints JSON. */
async function inClient(name: string, ...words: string[]): Promise<unknown> {
  return JSON.parse(await runInNamespace(lab().namespace("ns3"), [process.execPath, script(name), ...words]));
}

describe("a health check", () => {
  const GONE_WITHIN = 2000;
  const BACK_WITHIN = 3000;

  const buckets = async (): Promise<number> =>
    (await lab().chassis[0].ofctl("dump-groups", "br-int")).match(/nat\(dst=1\.1\.1\.[12]00:8000\)/g)?.length ?? 0;

  /** Milliseconds until the group of the web servers has that many buckets. */
  async function until(count: number): Promise<number> {
    const began = performance.now();
    await vi.waitFor(async () => expect(await buckets()).toBe(count), { timeout: 10_000, interval: 20 });
    return Math.round(performance.now() - began);
  }

  it("takes a dead server out, and back when it lives", async () => {
    const health = ["interval=1", "timeout=1", "success_count=1", "failure_count=1"].map(
      (option) => `options:${option}`,
    );
    await nbctl(
      ...["--id=@check", "create", "Load_Balancer_Health_Check", `vip="${VIP}:${WEB_PORT}"`, ...health],
      ...["--", "add", "Load_Balancer", "lb1", "health_check", "@check"],
    );
    for (const { address, logicalPort } of SERVERS) {
      await nbctl("set", "Load_Balancer", "lb1", `ip_port_mappings:${address}=${logicalPort}:1.1.1.2`);
    }
    await lab().central.synchronise();
    const online = () => lab().central.sbctl("--bare", "--columns=status", "list", "Service_Monitor");
    await vi.waitFor(async () => expect((await online()).match(/online/g)).toHaveLength(2), { timeout: 10_000 });
    const standing = await buckets();

    await terminate(lab().webServers.get(SLAVER.name)!);
    const gone = await until(standing - 1);
    expect(new Set(await ask(VIP, 8))).toEqual(new Set([MASTER.says]));
    await lab().startWebServer(SLAVER);
    const back = await until(standing);
    expect(new Set(await ask(VIP, 20))).toEqual(SAYS);
    console.log(`the dead server's bucket was gone after ${gone} ms, and back ${back} ms after it lived again`);
    expect(gone).toBeLessThan(GONE_WITHIN);
    expect(back).toBeLessThan(BACK_WITHIN);
  });
});
