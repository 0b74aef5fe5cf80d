/**
 * What: parses matches in ovs-ofctl's syntax: `tcp,nw_dst=10.0.0.0/8,tp_dst=80,ct_state=+trk,reg0[3..5]=2`.
 *   Printing is in match-format.ts.
 * Invariants: what `formatMatch` prints parses to the same match. A field without its prerequisites is an error, not dropped.
 */
import { KEY_NW_PROTO } from "../../../assembly/layout/key.ts";
import type { Match } from "../tables/rule.ts";
import type { Field } from "./field.ts";
import { field, fieldByName, tunnelMetadataIndex } from "./fields.ts";
import { bytesOfValue, getNumber } from "./flow.ts";
import {
  createMatch,
  isUntaggedValue,
  setMatch,
  setSubfieldMatch,
  setTunnelMetadataPresent,
  setUntaggedMatch,
} from "./match.ts";
import type { PortNames } from "./port-text.ts";
import { ETH_TYPE_IPV6, hasPrerequisites, IP_PROTO_ICMPV6, IP_PROTO_SCTP, IP_PROTO_UDP } from "./prerequisites.ts";
import { protocolByWord } from "./protocol-words.ts";
import { FlowTextError, parseSubfield } from "./subfield.ts";
import { parseFieldValue, parseInteger } from "./value-text.ts";

export { DEFAULT_PRIORITY, formatMatch } from "./match-format.ts";

/** `key`, `key=value` or `key(value)`, split at commas and blanks outside quotes and brackets. */
export function splitKeyValues(text: string): { key: string; value: string }[] {
  const pairs: { key: string; value: string }[] = [];
  let depth = 0;
  let quoted = false;
  let token = "";
  const flush = (): void => {
    const parts = /^([^=(]+)(?:=(.*)|\((.*)\))?$/s.exec(token);
    if (token !== "") pairs.push({ key: parts?.[1] ?? token, value: parts?.[2] ?? parts?.[3] ?? "" });
    token = "";
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted && c === "\\") {
      token += c + text[++i];
      continue;
    }
    if (c === '"') quoted = !quoted;
    else if (!quoted && c === "(") depth++;
    else if (!quoted && c === ")") depth--;
    if (!quoted && depth === 0 && /[,\s]/.test(c)) flush();
    else token += c;
  }
  flush();
  return pairs;
}

/** Fields named before their protocol was: resolved and checked when the whole match is known. */
interface Pending {
  readonly field: Field;
  readonly name: string;
}

export class MatchParser {
  readonly match: Match = createMatch();
  readonly #pending: Pending[] = [];
  readonly #ports: PortNames | undefined;

  constructor(ports?: PortNames) {
    this.#ports = ports;
  }

  /**
   * Takes one `key=value` of the text. False: the key is no field and no protocol.
   * @throws FlowTextError
   */
  accept(key: string, value: string): boolean {
    const word = protocolByWord(key);
    if (word) {
      const typeField = field("eth_type");
      setMatch(this.match, typeField, bytesOfValue(typeField, BigInt(word.etherType)));
      if (word.protocol !== undefined) setMatch(this.match, field("nw_proto"), Uint8Array.of(word.protocol));
      return true;
    }
    // Every packet here is an Ethernet frame.
    if (key === "eth") return true;
    const target = fieldByName(key);
    if (target) {
      this.#acceptField(target, key, value);
      return true;
    }
    if (!key.includes("[")) return false;
    this.#acceptSubfield(key, value);
    return true;
  }

  /** @throws FlowTextError when a field's prerequisites are missing. */
  finish(): Match {
    for (const { field: named, name } of this.#pending) {
      const target = this.#forProtocol(named);
      if (!hasPrerequisites(this.match.value, target, null, this.match.mask)) {
        throw new FlowTextError(
          `${name}: prerequisites not met: field ${target.name} needs a match on ${prerequisiteText(target)}`,
        );
      }
    }
    return this.match;
  }

  #acceptField(target: Field, name: string, value: string): void {
    const option = tunnelMetadataIndex(target);
    if (option >= 0 && (value === "" || value === "NP")) {
      setTunnelMetadataPresent(this.match.value, option, value === "");
      setTunnelMetadataPresent(this.match.mask, option, true);
      return;
    }
    if (value === "") throw new FlowTextError(`field ${name} missing value`);
    const number = parseInteger(value);
    if (number !== undefined && isUntaggedValue(target, number)) {
      setUntaggedMatch(this.match);
      return;
    }
    const parsed = parseFieldValue(target, value, this.#ports);
    setMatch(this.match, target, parsed.value, parsed.mask);
    if (target.prerequisite !== "none" && parsed.mask.some((byte) => byte !== 0)) {
      this.#pending.push({ field: target, name });
    }
  }

  #acceptSubfield(key: string, value: string): void {
    const part = parseSubfield(key);
    if (!part.field.maskable && part.bits !== part.field.bits) {
      throw new FlowTextError(`${key}: ${part.field.name} is not maskable, match all of it`);
    }
    const number = parseInteger(value);
    if (number === undefined) throw new FlowTextError(`${key}=${value}: bad syntax for ${part.field.name} value`);
    if (number >> BigInt(part.bits))
      throw new FlowTextError(`${key}=${value}: value does not fit in ${part.bits} bits`);
    setSubfieldMatch(this.match, part, number);
    if (part.field.prerequisite !== "none") this.#pending.push({ field: part.field, name: key });
  }

  /** tp_src, tp_dst, icmp_type and icmp_code stand for the field of whatever protocol the match is about. */
  #forProtocol(named: Field): Field {
    const protocol = this.match.value[KEY_NW_PROTO];
    if (named.name === "tcp_src" || named.name === "tcp_dst") {
      const side = named.name.slice(4);
      if (protocol === IP_PROTO_UDP) return field(`udp_${side}`);
      if (protocol === IP_PROTO_SCTP) return field(`sctp_${side}`);
    }
    if (protocol === IP_PROTO_ICMPV6 && getNumber(this.match.value, field("eth_type")) === ETH_TYPE_IPV6) {
      if (named.name === "icmp_type" || named.name === "icmp_code") return field(named.name.replace("icmp", "icmpv6"));
    }
    return named;
  }
}

/** @throws FlowTextError for unknown fields, bad values and missing prerequisites. */
export function parseMatch(text: string, ports?: PortNames): Match {
  const parser = new MatchParser(ports);
  for (const { key, value } of splitKeyValues(text)) {
    if (!parser.accept(key, value)) throw new FlowTextError(`unknown keyword ${key}`);
  }
  return parser.finish();
}

const prerequisiteTexts: Record<Field["prerequisite"], string> = {
  none: "nothing",
  ethernet: "an Ethernet packet",
  vlan: "a VLAN tag (vlan_vid=0x1000/0x1000)",
  ipv4: "ip",
  ipv6: "ipv6",
  ip: "ip or ipv6",
  arp: "arp or rarp",
  mpls: "mpls or mplsm",
  tcp: "tcp or tcp6",
  udp: "udp or udp6",
  sctp: "sctp or sctp6",
  icmpv4: "icmp",
  icmpv6: "icmp6",
  nd: "icmp6 with icmp_type=135 or 136",
  nd_solicit: "icmp6 with icmp_type=135",
  nd_advert: "icmp6 with icmp_type=136",
  ct: "ip or ipv6 of the connection",
};

function prerequisiteText(target: Field): string {
  return prerequisiteTexts[target.prerequisite];
}
