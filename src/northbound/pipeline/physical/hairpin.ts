/**
 * Tables 68 to 70: a client that is a backend of the VIP it talks to.
 *
 * 68 finds the request (source and destination are the same backend) and learns a rule in 69 for the reply to come; 70 gives the
 * request the VIP as its source, so that the reply is sent to the VIP and passes the switch again.
 */
import type { Address } from "../../network/ip.ts";
import type { Endpoint } from "../../network/virtual-service.ts";
import { ctMark } from "../match.ts";
import { CT_MARK, FLAG, hex, matchWord, matchWords, setFlag, ZONE } from "../registers.ts";
import type { RuleSet } from "../rules.ts";
import { CHECK_HAIRPIN, CHECK_HAIRPIN_REPLY, HAIRPIN_SNAT } from "../tables.ts";
import type { Balancer, Switch } from "../topology.ts";

export function hairpinRules(rules: RuleSet, switches: readonly Switch[]): void {
  const balancers = new Set(switches.flatMap((logicalSwitch) => logicalSwitch.balancers));
  for (const balancer of balancers) {
    for (const { vip, backends } of balancer.services) {
      for (const backend of backends) checkHairpin(rules, balancer, vip, backend);
      const priority = vip.port === undefined ? 90 : 100;
      const snat = `ct(commit,zone=${ZONE.snat},nat(src=${vip.address.text}))`;
      rules.add(HAIRPIN_SNAT, priority, [protocolOf(balancer, vip), rememberedVip(vip)], snat);
    }
  }
}

const protocolOf = ({ protocol }: Balancer, { address, port }: Endpoint): string => {
  if (port === undefined) return address.family === 4 ? "ip" : "ipv6";
  return address.family === 4 ? protocol : `${protocol}6`;
};

/** As ls_in_pre_stateful left it in the registers. */
function rememberedVip({ address, port }: Endpoint): string {
  const ip = address.family === 4 ? matchWord(1, address.value) : matchWords(4, address.value);
  return port === undefined ? ip : `${ip},reg2=${hex(port)}/0xffff`;
}

function checkHairpin(rules: RuleSet, balancer: Balancer, vip: Endpoint, backend: Endpoint): void {
  const [source, destination] = vip.address.family === 4 ? ["nw_src", "nw_dst"] : ["ipv6_src", "ipv6_dst"];
  const match = [ctMark(CT_MARK.natted), protocolOf(balancer, vip), rememberedVip(vip)];
  match.push(`${source}=${backend.address.text}`, `${destination}=${backend.address.text}`);
  if (backend.port !== undefined) match.push(`tp_dst=${backend.port}`);
  // The cookie ties learned rules to the balancer, so that they go when its rule goes.
  const cookie = Number.parseInt(balancer.uuid.slice(0, 8), 16);
  rules.add(CHECK_HAIRPIN, 100, match, `${setFlag(FLAG.hairpin)},${learnReply(balancer, vip, cookie)}`, cookie);
}

const IP_PROTOCOL = { tcp: 6, udp: 17, sctp: 132 } as const;
const PORT_FIELDS = {
  tcp: ["NXM_OF_TCP_SRC", "NXM_OF_TCP_DST"],
  udp: ["NXM_OF_UDP_SRC", "NXM_OF_UDP_DST"],
  sctp: ["OXM_OF_SCTP_SRC", "OXM_OF_SCTP_DST"],
} as const;

function learnReply({ protocol }: Balancer, { address, port }: Endpoint, cookie: number): string {
  const [replySource, requestDestination] = PORT_FIELDS[protocol];
  const ports =
    port === undefined
      ? ["NXM_OF_IP_PROTO[]"]
      : [`nw_proto=${IP_PROTOCOL[protocol]}`, `${replySource}[]=${requestDestination}[]`];
  const specs = [...replyAddresses(address), ...ports, `load:0x1->NXM_NX_REG10[${FLAG.hairpin}]`];
  return `learn(table=${CHECK_HAIRPIN_REPLY},delete_learned,cookie=${hex(cookie)},OXM_OF_METADATA[],${specs.join(",")})`;
}

function replyAddresses({ family, text }: Address): readonly string[] {
  if (family === 4) return ["eth_type=0x800", "NXM_OF_IP_SRC[]", `ip_dst=${text}`];
  return ["eth_type=0x86dd", "NXM_NX_IPV6_SRC[]", `ipv6_dst=${text}`];
}
