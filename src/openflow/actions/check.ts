/**
 * Whether a list of actions makes sense: for packets that the rule matches, and in the place where it stands.
 *
 * What: OpenFlow 1.1 and later refuse actions on fields that the matched packets do not have (OFPBAC_MATCH_INCONSISTENT); 1.0
 *   lets them be. Tags and labels that actions push and pop on the way count.
 * Cost: one copy of the match's value for each list.
 */
import {
  CT_STATE_INVALID,
  KEY_CT_STATE,
  KEY_ETH_TYPE,
  KEY_NW_PROTO,
  KEY_VLAN_TCI0,
  KEY_VLAN_TCI1,
  VLAN_CFI,
} from "../../../assembly/layout/key.ts";
import type { Action, CtActionSpec, LearnAction, NatAction } from "../../slowpath/actions/action.ts";
import type { Field, Subfield } from "../../slowpath/flow/field.ts";
import { copyFlow, setSubfield } from "../../slowpath/flow/flow.ts";
import { createMatch } from "../../slowpath/flow/match.ts";
import {
  etherTypeIn,
  getPacketType,
  PACKET_TYPE_ETHERNET,
  packetTypeOf,
  setPacketType,
} from "../../slowpath/flow/packet-type.ts";
import { PORT_LOCAL, PORT_MAX, PORT_NONE, PORT_UNSET } from "../../slowpath/flow/port-text.ts";
import {
  ETH_TYPE_IP,
  ETH_TYPE_IPV6,
  ETH_TYPE_MPLS,
  ETH_TYPE_MPLS_MULTICAST,
  hasPrerequisites,
  IP_PROTO_SCTP,
  IP_PROTO_TCP,
  IP_PROTO_UDP,
} from "../../slowpath/flow/prerequisites.ts";
import type { Match } from "../../slowpath/tables/rule.ts";
import { numberOf } from "../fields/value.ts";
import { type ErrorCode, OpenFlowError } from "../wire/errors.ts";
import { OF10, type Version } from "../wire/version.ts";

/** Where the list stands. */
type Outer = "" | "ct" | "clone" | "write_actions";

/** Of Ethernet or packets: no field has it for a prerequisite. */
const UNKNOWN_TYPE = 0xffff;
const present = VLAN_CFI >> 8;

function inconsistent(what: string): OpenFlowError {
  return new OpenFlowError("OFPBAC_MATCH_INCONSISTENT", `${what} for packets that the rule does not match`);
}

class Checker {
  /** What is known of the packet, as the actions change it. */
  readonly #flow: Uint8Array;
  readonly #version: Version;
  readonly #table: number;
  #lenient = false;

  constructor(match: Match, version: Version, table: number) {
    this.#flow = copyFlow(match.value);
    this.#version = version;
    this.#table = table;
  }

  get #etherType(): number {
    return (this.#flow[KEY_ETH_TYPE] << 8) | this.#flow[KEY_ETH_TYPE + 1];
  }

  get #isIp(): boolean {
    return this.#etherType === ETH_TYPE_IP || this.#etherType === ETH_TYPE_IPV6;
  }

  get #isTagged(): boolean {
    return (this.#flow[KEY_VLAN_TCI0] & present) !== 0;
  }

  check(actions: readonly Action[]): void {
    for (const action of actions) this.#checkOne(action);
  }

  #checkOne(action: Action): void {
    switch (action.type) {
      case "set_field":
        this.#checkSetField(action.field, action.value, this.#version === OF10 && !action.load);
        break;
      case "move":
        this.#require(action.source.field, "move");
        this.#require(action.destination.field, "move");
        break;
      case "push":
        this.#require(action.source.field, "push");
        break;
      case "pop":
        this.#require(action.destination.field, "pop");
        break;
      case "output_reg":
        this.#require(action.source.field, "output");
        break;
      case "multipath":
        this.#require(action.destination.field, "multipath");
        break;
      case "set_vlan_vid":
      case "set_vlan_pcp":
        if (!this.#isTagged && !action.push) this.#soft(action.type);
        this.#flow[KEY_VLAN_TCI0] |= present;
        break;
      case "pop_vlan":
        if (!this.#isTagged) this.#soft(action.type);
        this.#flow.copyWithin(KEY_VLAN_TCI0, KEY_VLAN_TCI1, KEY_VLAN_TCI1 + 2);
        this.#flow.fill(0, KEY_VLAN_TCI1, KEY_VLAN_TCI1 + 2);
        break;
      case "push_vlan":
        if (this.#flow[KEY_VLAN_TCI1] & present) throw new OpenFlowError("OFPBAC_BAD_TAG", "a third VLAN tag");
        this.#flow.copyWithin(KEY_VLAN_TCI1, KEY_VLAN_TCI0, KEY_VLAN_TCI0 + 2);
        this.#flow[KEY_VLAN_TCI0] |= present;
        break;
      case "push_mpls":
        this.#setEtherType(action.etherType);
        this.#flow[KEY_NW_PROTO] = 0;
        break;
      case "pop_mpls":
        if (this.#etherType !== ETH_TYPE_MPLS && this.#etherType !== ETH_TYPE_MPLS_MULTICAST) this.#soft(action.type);
        this.#setEtherType(action.etherType);
        break;
      case "encap":
        this.#checkEncap(action.packetType);
        break;
      case "decap":
        this.#checkDecap();
        break;
      case "dec_ttl":
        if (!this.#isIp) this.#soft(action.type);
        break;
      case "set_l4_port":
        if (!this.#isIp || ![IP_PROTO_TCP, IP_PROTO_UDP, IP_PROTO_SCTP].includes(this.#flow[KEY_NW_PROTO])) {
          this.#soft(action.type);
        }
        break;
      case "resubmit":
        if (action.ct && !this.#isIp) throw inconsistent("resubmit(…,ct)");
        break;
      case "ct":
        this.#checkCt(action);
        break;
      case "nat":
        this.#checkNat(action);
        break;
      case "learn":
        this.#checkLearn(action);
        break;
      case "goto_table":
        if (this.#table !== 255 && action.table <= this.#table) {
          throw new OpenFlowError("OFPBIC_BAD_TABLE_ID", `goto_table:${action.table} from table ${this.#table}`);
        }
        break;
      case "clone":
        this.check(action.actions);
        break;
      case "write_actions":
        this.#checkActionSet(action.actions);
    }
  }

  /** What the packet is by the time the set runs, nobody knows. */
  #checkActionSet(actions: readonly Action[]): void {
    const lenient = this.#lenient;
    this.#lenient = true;
    this.check(actions);
    this.#lenient = lenient;
  }

  /** Refused but in OpenFlow 1.0 and action sets, which let such actions do nothing. */
  #soft(what: string): void {
    if (this.#version !== OF10 && !this.#lenient) throw inconsistent(what);
  }

  #require(field: Field, what: string): void {
    if (!hasPrerequisites(this.#flow, field)) throw inconsistent(`${what} of ${field.name}`);
  }

  #checkSetField(field: Field, value: Uint8Array, lenient: boolean): void {
    const tagMissing = field.name === "vlan_vid" && !this.#isTagged;
    if ((tagMissing || !hasPrerequisites(this.#flow, field)) && !lenient)
      throw inconsistent(`set_field of ${field.name}`);
    if (field.name === "vlan_tci") this.#flow.set(value, KEY_VLAN_TCI0);
  }

  #setEtherType(etherType: number): void {
    this.#flow[KEY_ETH_TYPE] = etherType >> 8;
    this.#flow[KEY_ETH_TYPE + 1] = etherType & 0xff;
  }

  #checkEncap(packetType: number): void {
    const etherType = etherTypeIn(packetType === PACKET_TYPE_ETHERNET ? getPacketType(this.#flow) : packetType);
    if (etherType !== undefined) this.#setEtherType(etherType);
    if (packetType !== PACKET_TYPE_ETHERNET) this.#flow[KEY_NW_PROTO] = 0;
    setPacketType(this.#flow, packetType);
  }

  /** What a header other than Ethernet's covers is known when the packet comes. */
  #checkDecap(): void {
    const isEthernet = getPacketType(this.#flow) === PACKET_TYPE_ETHERNET;
    if (!isEthernet) this.#setEtherType(UNKNOWN_TYPE);
    setPacketType(this.#flow, isEthernet ? packetTypeOf(this.#etherType) : UNKNOWN_TYPE);
  }

  #checkCt({ commit, alg, zone, nat, exec }: CtActionSpec): void {
    const protocol = this.#flow[KEY_NW_PROTO];
    const state = (this.#flow[KEY_CT_STATE] << 8) | this.#flow[KEY_CT_STATE + 1];
    const impossible =
      !this.#isIp ||
      (commit && (state & CT_STATE_INVALID) !== 0) ||
      (alg === "ftp" && protocol !== IP_PROTO_TCP) ||
      (alg === "tftp" && protocol !== IP_PROTO_UDP);
    if (impossible) throw inconsistent("ct");
    if (typeof zone !== "number") {
      this.#require(zone.field, "ct zone");
      return;
    }
    if (nat) this.#checkNat(nat);
    this.check(exec);
  }

  #checkNat({ addressMin }: NatAction): void {
    const wanted = addressMin && (addressMin.length === 4 ? ETH_TYPE_IP : ETH_TYPE_IPV6);
    if (!this.#isIp || (wanted && wanted !== this.#etherType)) throw inconsistent("nat");
  }

  #checkLearn({ specs }: LearnAction): void {
    // What the learned rule matches so far: its later parts may need it.
    const learned = createMatch();
    const requireThere = (part: Subfield): void => {
      if (!hasPrerequisites(learned.value, part.field)) throw inconsistent(`learn of ${part.field.name}`);
    };
    for (const spec of specs) {
      if (!(spec.from instanceof Uint8Array)) this.#require(spec.from.field, "learn");
      if (spec.kind === "output") continue;
      requireThere(spec.field);
      if (spec.kind === "match" && spec.from instanceof Uint8Array) {
        setSubfield(learned.value, spec.field, numberOf(spec.from));
      }
    }
  }
}

/** @throws OpenFlowError */
export function checkActionsFor(actions: readonly Action[], match: Match, version: Version, table: number): void {
  new Checker(match, version, table).check(actions);
}

function target(action: Action): Field | undefined {
  if (action.type === "set_field") return action.field;
  if (action.type === "move" || action.type === "pop") return action.destination.field;
  return undefined;
}

function refuse(code: ErrorCode, why: string): never {
  throw new OpenFlowError(code, why);
}

/** What holds for any list, whatever the packets. */
export function checkActions(actions: readonly Action[], outer: Outer = ""): void {
  const isConjunction = actions.some(({ type }) => type === "conjunction");
  for (const action of actions) {
    if (isConjunction && action.type !== "conjunction" && action.type !== "note") {
      refuse("NXBAC_BAD_CONJUNCTION", `conjunction beside ${action.type}`);
    }
    const name = target(action)?.name;
    if ((name === "ct_mark" || name === "ct_label") && outer !== "ct") {
      refuse("OFPBAC_BAD_SET_ARGUMENT", `${name} set outside of ct()`);
    }
    checkPlace(action, outer);
  }
  if (!isConjunction) checkOrder(actions, outer);
}

/** As instructions are done: metering, then actions, then what happens when the pipeline ends, then where it goes on. */
const ranks: Partial<Record<Action["type"], number>> = {
  clear_actions: 1,
  write_actions: 2,
  write_metadata: 3,
  goto_table: 4,
};

function checkOrder(actions: readonly Action[], outer: Outer): void {
  let last = 0;
  for (const { type } of actions) {
    const rank = ranks[type] ?? 0;
    if (rank > 0 && outer !== "") refuse("OFPBIC_UNSUP_INST", `${type} inside ${outer}`);
    if (rank < last || (rank === last && rank > 0)) refuse("OFPBAC_UNSUPPORTED_ORDER", `${type} too late`);
    last = rank;
  }
}

function checkPlace(action: Action, outer: Outer): void {
  switch (action.type) {
    case "nat":
      if (outer !== "ct") refuse("OFPBAC_BAD_SET_ARGUMENT", "nat outside of ct()");
      break;
    case "meter":
      if (outer !== "") refuse("OFPBAC_BAD_ARGUMENT", `meter inside ${outer}`);
      if (action.id === 0) refuse("OFPMMFC_INVALID_METER", "meter 0");
      break;
    case "output":
    case "output_trunc":
      checkOutputPort(action.port);
      break;
    case "clone":
    case "write_actions":
      checkActions(action.actions, action.type);
      break;
    case "ct":
      checkActions(action.exec, "ct");
  }
}

function checkOutputPort(port: number): void {
  const reserved = port >= PORT_MAX;
  if (port === PORT_NONE || port === PORT_UNSET || (reserved && port < PORT_UNSET && port !== PORT_LOCAL)) {
    refuse("OFPBAC_BAD_OUT_PORT", `output to port ${port}`);
  }
}
