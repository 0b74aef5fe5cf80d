/**
 * Writing the flow. Every bit written is marked twice: in `wildcards`, because the datapath's `set` compares with what the
 * packet has (a packet that has the value already needs none), and in `written`, because later tables see the new value.
 */
import {
  KEY_NW_PROTO,
  KEY_SIZE,
  KEY_TUN_ID,
  KEY_VLAN_TCI0,
  KEY_VLAN_TPID0,
  VLAN_CFI,
} from "../../../assembly/layout/key.ts";
import type { Field, Subfield } from "../flow/field.ts";
import { tunnelMetadataIndex } from "../flow/fields.ts";
import { copySubfield, inPortWide, unwildcardSubfield } from "../flow/flow.ts";
import { setTunnelMetadataPresent } from "../flow/match.ts";
import type { TranslationContext } from "./context.ts";

const ETH_TYPE_VLAN = 0x8100;

/** Fields of the network header: whether there is one at all is seen by its protocol, as in OVS (CVE-2023-1668). */
const ofNetworkHeader = new Set<Field["prerequisite"]>(["ipv4", "ipv6", "ip", "arp"]);

/** `value` under `mask`, both as they lie in the flow. The caller has seen to the prerequisites. */
export function writeField(context: TranslationContext, field: Field, value: Uint8Array, mask: Uint8Array): void {
  const { flow, wildcards, written } = context;
  const { offset, bytes } = field;
  for (let i = 0; i < bytes; i++) {
    const bits = mask[i];
    if (bits === 0) continue;
    const at = offset + i;
    flow[at] = (flow[at] & ~bits) | (value[i] & bits);
    wildcards[at] |= bits;
    written[at] |= bits;
  }
  if (ofNetworkHeader.has(field.prerequisite)) wildcards[KEY_NW_PROTO] = 0xff;
  if (needsCare(offset)) keepConsistent(context, field);
}

/** After a write by other means. */
export function markWritten(context: TranslationContext, part: Subfield): void {
  unwildcardSubfield(context.wildcards, part);
  unwildcardSubfield(context.written, part);
  if (ofNetworkHeader.has(part.field.prerequisite)) context.wildcards[KEY_NW_PROTO] = 0xff;
  if (needsCare(part.field.offset)) keepConsistent(context, part.field);
}

export function markBytes(context: TranslationContext, offset: number, bytes: number): void {
  context.wildcards.fill(0xff, offset, offset + bytes);
  context.written.fill(0xff, offset, offset + bytes);
}

/** Copies between subfields; whole bytes at a time where both lie on byte borders. */
export function copyBits(flow: Uint8Array, source: Subfield, destination: Subfield): void {
  const from = source.field.shift + source.start;
  const to = destination.field.shift + destination.start;
  const isWidePort = source.field === inPortWide || destination.field === inPortWide;
  if (((from | to | source.bits) & 7) !== 0 || source.bits !== destination.bits || isWidePort) {
    copySubfield(flow, source, destination);
    return;
  }
  const end = source.field.offset + source.field.bytes - (from >> 3);
  const target = destination.field.offset + destination.field.bytes - ((to + destination.bits) >> 3);
  flow.copyWithin(target, end - (source.bits >> 3), end);
}

function needsCare(offset: number): boolean {
  return offset === KEY_VLAN_TCI0 || (offset >= KEY_TUN_ID && offset < KEY_SIZE);
}

/** A tunnel option comes or goes. */
export function markOption(context: TranslationContext, option: number, present: boolean): void {
  setTunnelMetadataPresent(context.flow, option, present);
  setTunnelMetadataPresent(context.wildcards, option, true);
  setTunnelMetadataPresent(context.written, option, true);
}

/** A VLAN field brings or takes the tag; a tunnel option written is there. */
function keepConsistent(context: TranslationContext, field: Field): void {
  const { flow, wildcards } = context;
  if (field.offset !== KEY_VLAN_TCI0) {
    const option = tunnelMetadataIndex(field);
    if (option >= 0) markOption(context, option, true);
    return;
  }
  if (field.name === "dl_vlan" || field.name === "dl_vlan_pcp" || field.name === "vlan_pcp") {
    flow[KEY_VLAN_TCI0] |= VLAN_CFI >> 8;
  }
  wildcards[KEY_VLAN_TCI0] |= VLAN_CFI >> 8;
  const tagged = (flow[KEY_VLAN_TCI0] & (VLAN_CFI >> 8)) !== 0;
  if (tagged && flow[KEY_VLAN_TPID0] === 0) {
    flow[KEY_VLAN_TPID0] = ETH_TYPE_VLAN >> 8;
    flow[KEY_VLAN_TPID0 + 1] = ETH_TYPE_VLAN & 0xff;
  } else if (!tagged) {
    flow.fill(0, KEY_VLAN_TPID0, KEY_VLAN_TPID0 + 2);
  }
  markBytes(context, KEY_VLAN_TPID0, 4);
}
