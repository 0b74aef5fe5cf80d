/** `push_mpls:TYPE`, `pop_mpls:TYPE`, `dec_mpls_ttl` */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { ETH_TYPE_MPLS, ETH_TYPE_MPLS_MULTICAST } from "../../slowpath/flow/prerequisites.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { numberAction, plainAction } from "./simple.ts";

export const pushMpls = numberAction<ActionOf<"push_mpls">>(
  "push_mpls",
  2,
  [
    { owner: "standard", versions: "1.1+", number: 19 },
    { owner: "nicira", versions: "1.0", number: 23 },
  ],
  (etherType) => {
    if (etherType !== ETH_TYPE_MPLS && etherType !== ETH_TYPE_MPLS_MULTICAST) {
      throw new OpenFlowError("OFPBAC_BAD_ARGUMENT", `push_mpls of type 0x${etherType.toString(16)}`);
    }
    return { type: "push_mpls", etherType };
  },
  ({ etherType }) => etherType,
);

export const popMpls = numberAction<ActionOf<"pop_mpls">>(
  "pop_mpls",
  2,
  [
    { owner: "standard", versions: "1.1+", number: 20 },
    { owner: "nicira", versions: "1.0", number: 24 },
  ],
  (etherType) => ({ type: "pop_mpls", etherType }),
  ({ etherType }) => etherType,
);

export const decMplsTtl = plainAction<ActionOf<"dec_mpls_ttl">>({ type: "dec_mpls_ttl" }, [
  { owner: "standard", versions: "1.1+", number: 16 },
  { owner: "nicira", versions: "1.0", number: 26 },
]);
