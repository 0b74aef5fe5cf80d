/** The hosts of the lab, with the blog's names and addresses; the logical network around them is in blog.nbctl. */

export interface LabHost {
  /** Namespace name behind the lab's prefix. */
  readonly name: "ns1" | "ns2" | "ns3";
  readonly mac: string;
  readonly address: string;
  readonly gateway: string;
  /** The switch's port; with TAP ports this is also the device in the namespace. */
  readonly port: "veth1" | "veth3" | "veth5";
  /** The other end of the pair, when ports are veth. */
  readonly peer: "veth2" | "veth4" | "veth6";
  /** OpenFlow port number real OVN had given it when its rules were recorded. */
  readonly ofport: number;
  readonly logicalPort: string;
  /** What its web server says; undefined: a client. */
  readonly says?: string;
}

export const SERVERS: readonly (LabHost & { readonly says: string })[] = [
  {
    name: "ns1",
    mac: "aa:aa:aa:11:11:aa",
    address: "1.1.1.100",
    gateway: "1.1.1.1",
    port: "veth1",
    peer: "veth2",
    ofport: 1,
    logicalPort: "ls1-veth1",
    says: "i am master",
  },
  {
    name: "ns2",
    mac: "aa:aa:aa:11:11:bb",
    address: "1.1.1.200",
    gateway: "1.1.1.1",
    port: "veth3",
    peer: "veth4",
    ofport: 2,
    logicalPort: "ls1-veth3",
    says: "i am slaver",
  },
];

export const CLIENT: LabHost = {
  name: "ns3",
  mac: "aa:aa:aa:11:11:cc",
  address: "2.1.1.10",
  gateway: "2.1.1.1",
  port: "veth5",
  peer: "veth6",
  ofport: 3,
  logicalPort: "ls2-veth5",
};

export const HOSTS: readonly LabHost[] = [...SERVERS, CLIENT];

export const VIP = "1.1.1.50";
export const WEB_PORT = 8000;
export const LOAD_BALANCER = "lb1";
export const PREFIX_LENGTH = 24;

/** 2.1.1.10 … 2.1.1.254. */
export const MOST_CLIENTS = 245;

/** The client's addresses: 2.1.1.10 and those that follow it. */
export function clientAddresses(count: number): string[] {
  const [, network, first] = /^(.*\.)(\d+)$/.exec(CLIENT.address)!;
  return Array.from({ length: count }, (_, index) => `${network}${Number(first) + index}`);
}
