/** What a router says instead of forwarding: time exceeded, port or protocol unreachable, connection reset. */
import { formatNetwork, linkLocalAddress } from "../../network/ip.ts";
import { OPCODE, punt } from "../../packet-actions/userdata.ts";
import { join } from "../actions.ts";
import { NOT_LATER_FRAGMENT } from "../match.ts";
import { FLAG, inPort, setFlag, setOutPort } from "../registers.ts";
import type { AddRule } from "../stage.ts";
import type { RouterPort } from "../topology.ts";

/** RFC 792 and RFC 4443 section 3.3. Never for a later fragment (RFC 1122 section 3.2.2). */
export function timeExceeded(add: AddRule, port: RouterPort, output: string): void {
  const resume = join(setOutPort(port.key), setFlag(FLAG.loopback), output);
  const linkLocal = linkLocalAddress(port.mac).text;
  for (const network of port.networks.filter(({ address }) => address.text !== linkLocal)) {
    const { family, text } = network.address;
    const senders = family === 4 ? "ip" : `ipv6,ipv6_src=${formatNetwork(network)}`;
    const error = punt(OPCODE.icmpError, { type: family === 4 ? 11 : 3, code: 0, ttl: 254, source: text, resume });
    add(31, [senders, inPort(port.key), ["nw_ttl=0", "nw_ttl=1"], NOT_LATER_FRAGMENT], error);
  }
}

/** Nothing listens on a router's own addresses. A gateway router keeps quiet: they may serve translation. */
export function portUnreachable(add: AddRule, port: RouterPort, resume: string): void {
  for (const { address } of port.networks) {
    const v4 = address.family === 4;
    const to = `${v4 ? "nw_dst" : "ipv6_dst"}=${address.text}`;
    const suffix = v4 ? "" : "6";
    const unreachable = (code: number) => punt(OPCODE.icmpError, { type: v4 ? 3 : 1, code, ttl: 255, resume });
    add(80, [`sctp${suffix}`, to, NOT_LATER_FRAGMENT], punt(OPCODE.sctpAbort, { resume }));
    add(80, [`tcp${suffix}`, to, NOT_LATER_FRAGMENT], punt(OPCODE.tcpReset, { resume }));
    add(80, [`udp${suffix}`, to, NOT_LATER_FRAGMENT], unreachable(v4 ? 3 : 4));
    add(70, [v4 ? "ip" : "ipv6", to, NOT_LATER_FRAGMENT], unreachable(v4 ? 2 : 3));
  }
}
