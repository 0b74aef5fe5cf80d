/**
 * Who balances between the lab's two servers for a client that calls 1.1.1.50:8000: Megaflow and OVS by the same 528 rules, the
 * kernel by nftables.
 */
import { runInNamespace } from "../../src/lab/namespaces.ts";
import { CLIENT, HOSTS, SERVERS, VIP, WEB_PORT } from "../../src/lab/topology.ts";
import type { Forwarder } from "../contestants/forwarder.ts";
import { NftablesDnat, NoSwitch } from "../contestants/kernel.ts";
import { Megaflow, type MegaflowOptions } from "../contestants/megaflow.ts";
import { type Network, NetworkContestant } from "../contestants/network.ts";
import { OpenVswitch } from "../contestants/openvswitch.ts";
import { DP_HASH, FIELDS, recordedPipeline, type Selection } from "./rules.ts";

/** The client's source ports, from first to last: few enough that they are used again and again. */
const CLIENT_PORTS = { first: 20_000, last: 33_999 };
/** Of them that connections really have: connect(2) takes every other one as long as one is free. */
export const PORTS_IN_USE = (CLIENT_PORTS.last - CLIENT_PORTS.first + 1) / 2;

const LAB: Network = {
  hosts: HOSTS,
  caller: CLIENT.name,
  targets: SERVERS.map(({ address }) => address),
};

/** The client and the first server side by side, which has the virtual address for its own: nobody is between them. */
const TWO_HOSTS: Network = {
  hosts: [
    { ...CLIENT, address: "1.1.1.10", gateway: undefined },
    { ...SERVERS[0], address: VIP, gateway: undefined },
  ],
  caller: CLIENT.name,
  targets: [VIP],
};

export class BalancerContestant extends NetworkContestant {
  readonly client = this.host(CLIENT.name);
  readonly servers = this.hosts.filter((host) => host !== this.client);

  constructor(forwarder: Forwarder, selection?: Selection, network = LAB) {
    super(network, forwarder, [forwarder.name, selection?.name].filter(Boolean).join(", "));
  }

  override async up(): Promise<void> {
    await super.up();
    await runInNamespace(this.client.namespace, [
      "sh",
      "-c",
      `echo ${CLIENT_PORTS.first} ${CLIENT_PORTS.last} >/proc/sys/net/ipv4/ip_local_port_range`,
    ]);
  }
}

export function balancerContestants(): BalancerContestant[] {
  const megaflow = (ports: "tap" | "veth", selection: Selection, options?: MegaflowOptions) =>
    new BalancerContestant(new Megaflow(ports, recordedPipeline(selection), options), selection);
  const ovs = (segmentation: boolean, selection: Selection) =>
    new BalancerContestant(new OpenVswitch({ segmentation }, recordedPipeline(selection)), selection);
  return [
    megaflow("veth", DP_HASH),
    megaflow("veth", FIELDS),
    megaflow("tap", DP_HASH),
    megaflow("veth", DP_HASH, { hwOffload: true }),
    ovs(false, DP_HASH),
    ovs(false, FIELDS),
    ovs(true, DP_HASH),
    new BalancerContestant(new NftablesDnat(translation())),
    new BalancerContestant(new NoSwitch(), undefined, TWO_HOSTS),
  ];
}

/** By a hash of the client's address and port. */
function translation(): string {
  const backends = SERVERS.map(({ address }, i) => `${i} : ${address}`).join(", ");
  const hash = `jhash ip saddr . tcp sport mod ${SERVERS.length}`;
  return `ip daddr ${VIP} tcp dport ${WEB_PORT} dnat to ${hash} map { ${backends} }`;
}
