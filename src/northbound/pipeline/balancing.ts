/** What load balancers on switches and on routers have in common: matches, groups, the addresses they answer for. */
import { type Address, contains } from "../network/ip.ts";
import { type Endpoint, formatEndpoint, type VirtualService } from "../network/virtual-service.ts";
import { CT_MARK } from "./registers.ts";
import type { Place } from "./stage.ts";
import type { BalancedService, Balancer, Router, RouterPort } from "./topology.ts";

/** Packets to a VIP and its port; without a port, all IP packets to it. */
export function matchVip({ protocol }: Pick<Balancer, "protocol">, { address, port }: Endpoint): string {
  return port === undefined ? matchVipAddress(address) : `${matchVipAddress(address, protocol)},tp_dst=${port}`;
}

export function matchVipAddress({ family, text }: Address, protocol?: string): string {
  const suffix = family === 4 ? "" : "6";
  if (protocol) return `${protocol}${suffix},${family === 4 ? "nw_dst" : "ipv6_dst"}=${text}`;
  return family === 4 ? `ip,nw_dst=${text}` : `ipv6,ipv6_dst=${text}`;
}

interface GroupUse {
  /** Groups are shared by all switches, and by all routers of one way of translating. */
  readonly scope: string;
  readonly zone: string;
  /** Bits set in ct_mark besides "natted". */
  readonly marks: readonly number[];
}

/** The number of the select group for a service, made on the way. Buckets keep their numbers while others come and go, and while they are offline. */
export function balancerGroup(here: Place, balancer: Balancer, service: BalancedService, use: GroupUse): number {
  const name = `${use.scope} ${balancer.uuid} ${formatEndpoint(service.vip)}`;
  const id = here.identities.groups.get(name);
  const exec = [CT_MARK.natted, ...use.marks].map(
    (bit) => `set_field:0x${bit.toString(16)}/0x${bit.toString(16)}->ct_mark`,
  );
  const active = new Set(service.active.map(formatEndpoint));
  const buckets = [...new Set(service.backends.map(formatEndpoint))].map((backend) => ({
    backend,
    id: here.identities.buckets.get(name, backend),
    actions: `ct(commit,table=${here.nextTable},zone=${use.zone},nat(dst=${backend}),exec(${exec.join(",")}))`,
  }));
  here.groups.add({
    id,
    selection: selectionOf(balancer, service),
    buckets: buckets.filter(({ backend }) => active.has(backend)),
  });
  return id;
}

/** The order in which OVS lists and hashes fields, by the words of the column selection_fields. */
const FIELD_ORDER = ["eth_src", "eth_dst", "ip_src", "ip_dst", "tp_src", "tp_dst"];

function selectionOf({ selectionFields, protocol }: Balancer, { vip }: VirtualService): string {
  const fields = FIELD_ORDER.filter((field) => selectionFields.includes(field)).map((field) => {
    if (field.startsWith("tp_")) return field.replace("tp", protocol);
    return vip.address.family === 6 ? field.replace(/^ip_/, "ipv6_") : field;
  });
  if (fields.length === 0) return "selection_method=dp_hash";
  return `selection_method=hash,${fields.length === 1 ? `fields=${fields[0]}` : `fields(${fields.join(",")})`}`;
}

/** VIPs of the router, each once, that hosts on a port's networks would ask for. */
export function vipsReachableBy(port: RouterPort): readonly Address[] {
  const vips = port.owner.balancers.flatMap(({ services }) => services.map(({ vip }) => vip.address));
  const unique = new Map(vips.map((address) => [address.text, address])).values();
  return [...unique].filter((address) => port.networks.some((network) => contains(network, address)));
}

/** Own addresses of a router that are also VIPs or sources of balanced connections: packets to them may yet be translated. */
export function translatedAddresses({ balancers, forceSnat }: Router): ReadonlySet<string> {
  const vips = balancers.flatMap(({ services }) => services.map(({ vip }) => vip.address));
  return new Set([...vips, ...forceSnat.addresses].map(({ text }) => text));
}
