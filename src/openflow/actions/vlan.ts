/** `push_vlan:TYPE`, `pop_vlan`, `set_vlan_vid`, `set_vlan_pcp`. From 1.2 on the latter two are set_field. */
import { KEY_VLAN_TCI0, VLAN_CFI } from "../../../assembly/layout/key.ts";
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { field } from "../../slowpath/flow/fields.ts";
import { bytesOfValue } from "../../slowpath/flow/flow.ts";
import { writeEntry } from "../fields/entry.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { OF10, OF11 } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { type ActionCodec, type ActionContext, writeStandard } from "./definition.ts";
import { numberAction, numberForm, plainAction } from "./simple.ts";

const SET_VLAN_VID = 1;
const SET_VLAN_PCP = 2;
const PUSH_VLAN = 17;
const SET_FIELD = 25;
const ETH_TYPE_VLAN = 0x8100;
const ETH_TYPE_VLAN_SERVICE = 0x88a8;
const VID_MAX = 0xfff;
const PCP_MAX = 7;

export const pushVlan = numberAction<ActionOf<"push_vlan">>(
  "push_vlan",
  2,
  // In 1.0 a tag is made by setting its identifier.
  [{ owner: "standard", versions: "1.1+", number: PUSH_VLAN }],
  (tpid) => {
    if (tpid !== ETH_TYPE_VLAN && tpid !== ETH_TYPE_VLAN_SERVICE) {
      throw new OpenFlowError("OFPBAC_BAD_ARGUMENT", `push_vlan of type 0x${tpid.toString(16)}`);
    }
    return { type: "push_vlan", tpid };
  },
  ({ tpid }) => tpid,
);

export const popVlan = plainAction<ActionOf<"pop_vlan">>({ type: "pop_vlan" }, [
  { owner: "standard", versions: "1.0", number: 3 },
  { owner: "standard", versions: "1.1+", number: 18 },
]);

/** OpenFlow 1.0's actions make a tag where there is none; later versions need push_vlan for that. */
function writePush(writer: Writer, push: boolean | undefined, { version, match }: ActionContext): void {
  const tagged = match !== undefined && (match.value[KEY_VLAN_TCI0] & (VLAN_CFI >> 8)) !== 0;
  if (push && version > OF10 && !tagged) writeStandard(writer, PUSH_VLAN, () => writer.u16(ETH_TYPE_VLAN));
}

function vidOf(vid: number, push: boolean): ActionOf<"set_vlan_vid"> {
  if (vid > VID_MAX) throw new OpenFlowError("OFPBAC_BAD_ARGUMENT", `VLAN ${vid}`);
  return { type: "set_vlan_vid", vid, ...(push && { push }) };
}

export const setVlanVid: ActionCodec<ActionOf<"set_vlan_vid">> = {
  type: "set_vlan_vid",
  forms: [
    numberForm({ owner: "standard", versions: "1.0", number: SET_VLAN_VID }, 2, (vid) => vidOf(vid, true)),
    numberForm({ owner: "standard", versions: "1.1+", number: SET_VLAN_VID }, 2, (vid) => vidOf(vid, false)),
  ],
  write(writer, { vid, push }, context) {
    writePush(writer, push, context);
    if (context.version <= OF11) {
      writeStandard(writer, SET_VLAN_VID, () => writer.u16(vid));
      return;
    }
    const target = field("vlan_vid");
    const value = bytesOfValue(target, BigInt(vid | VLAN_CFI));
    writeStandard(writer, SET_FIELD, () => writeEntry(writer, target, context.version, value));
  },
};

function pcpOf(pcp: number, push: boolean): ActionOf<"set_vlan_pcp"> {
  if (pcp > PCP_MAX) throw new OpenFlowError("OFPBAC_BAD_ARGUMENT", `VLAN priority ${pcp}`);
  return { type: "set_vlan_pcp", pcp, ...(push && { push }) };
}

export const setVlanPcp: ActionCodec<ActionOf<"set_vlan_pcp">> = {
  type: "set_vlan_pcp",
  forms: [
    numberForm({ owner: "standard", versions: "1.0", number: SET_VLAN_PCP }, 1, (pcp) => pcpOf(pcp, true)),
    numberForm({ owner: "standard", versions: "1.1+", number: SET_VLAN_PCP }, 1, (pcp) => pcpOf(pcp, false)),
  ],
  write(writer, { pcp, push }, context) {
    writePush(writer, push, context);
    if (context.version <= OF11) {
      writeStandard(writer, SET_VLAN_PCP, () => writer.u8(pcp));
      return;
    }
    const target = field("vlan_pcp");
    const value = bytesOfValue(target, BigInt(pcp));
    writeStandard(writer, SET_FIELD, () => writeEntry(writer, target, context.version, value));
  },
};
