/** `push_mpls:TYPE`, `pop_mpls:TYPE`, `dec_mpls_ttl`: up to three labels are seen (translate/mpls.ts). */
import { decrementMplsTtl, popMpls, pushMpls } from "../translate/mpls.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { ActionSyntaxError, parseInteger } from "./scan.ts";

const ETH_TYPE_MPLS = 0x8847;
const ETH_TYPE_MPLS_MULTICAST = 0x8848;

export const pushMplsAction: ActionDefinition<ActionOf<"push_mpls">> = {
  type: "push_mpls",
  keywords: ["push_mpls"],
  parse({ value }) {
    const etherType = parseInteger(value, 0xffff, "ethertype");
    if (etherType !== ETH_TYPE_MPLS && etherType !== ETH_TYPE_MPLS_MULTICAST) {
      throw new ActionSyntaxError(`${value}: not a valid MPLS ethertype`);
    }
    return { type: "push_mpls", etherType };
  },
  format: ({ etherType }) => `push_mpls:0x${etherType.toString(16).padStart(4, "0")}`,
  translate(context, { etherType }) {
    pushMpls(context, etherType);
    return undefined;
  },
};

export const popMplsAction: ActionDefinition<ActionOf<"pop_mpls">> = {
  type: "pop_mpls",
  keywords: ["pop_mpls"],
  parse: ({ value }) => ({ type: "pop_mpls", etherType: parseInteger(value, 0xffff, "ethertype") }),
  format: ({ etherType }) => `pop_mpls:0x${etherType.toString(16).padStart(4, "0")}`,
  translate(context, { etherType }) {
    popMpls(context, etherType);
    return undefined;
  },
};

export const decMplsTtl: ActionDefinition<ActionOf<"dec_mpls_ttl">> = {
  type: "dec_mpls_ttl",
  keywords: ["dec_mpls_ttl"],
  parse: () => ({ type: "dec_mpls_ttl" }),
  format: () => "dec_mpls_ttl",
  translate: (context) => decrementMplsTtl(context),
};
