/** `delete_field:tun_metadataN` */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { tunnelMetadataIndex } from "../../slowpath/flow/fields.ts";
import { readFieldName, writeHeader } from "../fields/header.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { type ActionCodec, nicira, writeNicira } from "./definition.ts";

const DELETE_FIELD = 50;
const ROOM = 14;

export const deleteField: ActionCodec<ActionOf<"delete_field">> = {
  type: "delete_field",
  forms: [
    nicira("1.0+", DELETE_FIELD, 24, (body, context) => {
      const field = readFieldName(body, context);
      if (tunnelMetadataIndex(field) < 0) {
        throw new OpenFlowError("OFPBAC_BAD_ARGUMENT", `delete_field of ${field.name}`);
      }
      return { type: "delete_field", field };
    }),
  ],
  write(writer, { field }) {
    writeNicira(writer, DELETE_FIELD, () => {
      const from = writer.length;
      writeHeader(writer, field, "nxm", false);
      writer.zeros(ROOM - (writer.length - from));
    });
  },
};
