/** `bundle(…)`, `bundle_load(…)` */

import type { ActionOf } from "../../slowpath/actions/definition.ts";
import type { Subfield } from "../../slowpath/flow/field.ts";
import { readFieldName, writeHeader } from "../fields/header.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { Reader } from "../wire/reader.ts";
import { type ActionCodec, type ActionContext, nicira, writeNicira } from "./definition.ts";
import { hashFieldsNumber, hashFieldsOf } from "./hash-fields.ts";
import { packBits, unpackBits, writable } from "./subfield.ts";

type Bundle = ActionOf<"bundle">;

const BUNDLE = 12;
const BUNDLE_LOAD = 13;
/** NXM_OF_IN_PORT: members are OpenFlow ports. */
const PORTS = 0x0000_0002;
const MAX_MEMBERS = 2048;
const algorithms: readonly Bundle["algorithm"][] = ["active_backup", "hrw"];

function bad(why: string): OpenFlowError {
  return new OpenFlowError("OFPBAC_BAD_ARGUMENT", `bundle: ${why}`);
}

function read(body: Reader, context: ActionContext, loads: boolean): Bundle {
  const algorithm = algorithms[body.u16()];
  const fields = hashFieldsOf(body.u16());
  const basis = body.u16();
  const memberType = body.u32();
  const count = body.u16();
  const packed = body.u16();
  const header = body.bytes(4);
  body.zeros(4, "OFPBAC_BAD_ARGUMENT");
  if (!algorithm) throw bad("unknown algorithm");
  if (memberType !== PORTS) throw bad(`members of type ${memberType}`);
  if (count > MAX_MEMBERS) throw bad(`${count} members`);
  let destination: Subfield | undefined;
  if (loads) {
    destination = writable(unpackBits(readFieldName(new Reader(header), context), packed));
    if (destination.bits < 16) throw bad(`a destination of ${destination.bits} bits`);
  }
  if (body.remaining < 2 * count) throw new OpenFlowError("OFPBAC_BAD_LEN", `bundle of ${count} members`);
  const members = Array.from({ length: count }, () => body.u16());
  return { type: "bundle", fields, basis, algorithm, members, ...(destination && { destination }) };
}

export const bundle: ActionCodec<Bundle> = {
  type: "bundle",
  forms: [
    nicira("1.0+", BUNDLE, undefined, (body, context) => read(body, context, false)),
    nicira("1.0+", BUNDLE_LOAD, undefined, (body, context) => read(body, context, true)),
  ],
  write(writer, { fields, basis, algorithm, members, destination }) {
    writeNicira(writer, destination ? BUNDLE_LOAD : BUNDLE, () => {
      writer.u16(algorithms.indexOf(algorithm));
      writer.u16(hashFieldsNumber(fields));
      writer.u16(basis);
      writer.u32(PORTS);
      writer.u16(members.length);
      writer.u16(destination ? packBits(destination) : 0);
      if (destination) writeHeader(writer, destination.field, "nxm", false);
      else writer.zeros(4);
      writer.zeros(4);
      for (const member of members) writer.u16(member);
    });
  },
};
