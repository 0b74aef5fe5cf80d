/** `multipath(…)` */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { readFieldName, writeHeader } from "../fields/header.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { type ActionCodec, nicira, writeNicira } from "./definition.ts";
import { hashFieldsNumber, hashFieldsOf } from "./hash-fields.ts";
import { packBits, unpackBits, writable } from "./subfield.ts";

const MULTIPATH = 10;
const algorithms = ["modulo_n", "hash_threshold", "hrw", "iter_hash"];

export const multipath: ActionCodec<ActionOf<"multipath">> = {
  type: "multipath",
  forms: [
    nicira("1.0+", MULTIPATH, 32, (body, context) => {
      const fields = hashFieldsOf(body.u16());
      const basis = body.u16();
      body.skip(2);
      const algorithm = algorithms[body.u16()];
      const links = body.u16() + 1;
      const arg = body.u32();
      body.skip(2);
      const packed = body.u16();
      const destination = writable(unpackBits(readFieldName(body, context), packed));
      if (!algorithm) throw new OpenFlowError("OFPBAC_BAD_ARGUMENT", "multipath: unknown algorithm");
      if (destination.bits < 16 && links > 2 ** destination.bits) {
        throw new OpenFlowError("OFPBAC_BAD_ARGUMENT", `multipath: ${links} links in ${destination.bits} bits`);
      }
      return { type: "multipath", fields, basis, algorithm, links, arg, destination };
    }),
  ],
  write(writer, { fields, basis, algorithm, links, arg, destination }) {
    writeNicira(writer, MULTIPATH, () => {
      writer.u16(hashFieldsNumber(fields));
      writer.u16(basis);
      writer.zeros(2);
      writer.u16(algorithms.indexOf(algorithm));
      writer.u16(links - 1);
      writer.u32(arg);
      writer.zeros(2);
      writer.u16(packBits(destination));
      writeHeader(writer, destination.field, "nxm", false);
    });
  },
};
