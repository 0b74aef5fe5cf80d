/** `push_vlan:0x8100`, `pop_vlan` (`strip_vlan`), `set_vlan_vid`/`mod_vlan_vid`, `set_vlan_pcp`/`mod_vlan_pcp`. */
import { KEY_VLAN_TCI0, VLAN_CFI } from "../../../assembly/layout/key.ts";
import type { TranslationContext } from "../translate/context.ts";
import { popVlan, pushVlan } from "../translate/vlan.ts";
import { markBytes } from "../translate/write.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { ActionSyntaxError, parseInteger } from "./scan.ts";

const ETH_TYPE_VLAN = 0x8100;
const ETH_TYPE_VLAN_SERVICE = 0x88a8;
const VID_MASK = 0x0fff;
const PCP_MASK = 0xe000;
const PCP_SHIFT = 13;

export const pushVlanAction: ActionDefinition<ActionOf<"push_vlan">> = {
  type: "push_vlan",
  keywords: ["push_vlan"],
  parse({ value }) {
    const tpid = parseInteger(value, 0xffff, "ethertype");
    if (tpid !== ETH_TYPE_VLAN && tpid !== ETH_TYPE_VLAN_SERVICE) {
      throw new ActionSyntaxError(`${value}: not a valid VLAN ethertype`);
    }
    return { type: "push_vlan", tpid };
  },
  format: ({ tpid }) => `push_vlan:0x${tpid.toString(16)}`,
  translate(context, { tpid }) {
    pushVlan(context, tpid, VLAN_CFI);
    return undefined;
  },
};

export const popVlanAction: ActionDefinition<ActionOf<"pop_vlan">> = {
  type: "pop_vlan",
  keywords: ["pop_vlan", "strip_vlan"],
  parse: () => ({ type: "pop_vlan" }),
  format: () => "pop_vlan",
  translate(context) {
    popVlan(context);
    return undefined;
  },
};

/** Writes bits of the outer tag; without a tag it is made (`push`) or nothing happens. */
function setTag(context: TranslationContext, bits: number, mask: number, push: boolean): void {
  const { flow } = context;
  const tci = (flow[KEY_VLAN_TCI0] << 8) | flow[KEY_VLAN_TCI0 + 1];
  const looked = mask | VLAN_CFI;
  context.wildcards[KEY_VLAN_TCI0] |= looked >> 8;
  context.wildcards[KEY_VLAN_TCI0 + 1] |= looked & 0xff;
  if (!(tci & VLAN_CFI)) {
    if (!push) return;
    pushVlan(context, ETH_TYPE_VLAN, bits | VLAN_CFI);
    return;
  }
  const next = (tci & ~mask) | bits;
  flow[KEY_VLAN_TCI0] = next >> 8;
  flow[KEY_VLAN_TCI0 + 1] = next & 0xff;
  markBytes(context, KEY_VLAN_TCI0, 2);
}

export const setVlanVid: ActionDefinition<ActionOf<"set_vlan_vid">> = {
  type: "set_vlan_vid",
  keywords: ["set_vlan_vid", "mod_vlan_vid"],
  parse({ key, value }) {
    const vid = parseInteger(value, 0xffff, "VLAN VID");
    if (vid > VID_MASK) throw new ActionSyntaxError(`${value}: not a valid VLAN VID`);
    return { type: "set_vlan_vid", vid, ...(key.toLowerCase() === "mod_vlan_vid" && { push: true }) };
  },
  format: ({ vid, push }) => `${push ? "mod" : "set"}_vlan_vid:${vid}`,
  translate(context, { vid, push = false }) {
    setTag(context, vid, VID_MASK, push);
    return undefined;
  },
};

export const setVlanPcp: ActionDefinition<ActionOf<"set_vlan_pcp">> = {
  type: "set_vlan_pcp",
  keywords: ["set_vlan_pcp", "mod_vlan_pcp"],
  parse({ key, value }) {
    const pcp = parseInteger(value, 0xff, "VLAN PCP");
    if (pcp > 7) throw new ActionSyntaxError(`${value}: not a valid VLAN PCP`);
    return { type: "set_vlan_pcp", pcp, ...(key.toLowerCase() === "mod_vlan_pcp" && { push: true }) };
  },
  format: ({ pcp, push }) => `${push ? "mod" : "set"}_vlan_pcp:${pcp}`,
  translate(context, { pcp, push = false }) {
    setTag(context, pcp << PCP_SHIFT, PCP_MASK, push);
    return undefined;
  },
};
