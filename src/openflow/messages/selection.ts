/**
 * How a select group selects: Netronome's group property.
 *
 *     property header (12), pad u32, method (16 bytes of text), parameter u64, fields: each a header and a mask
 */
import { fieldByName } from "../../slowpath/flow/fields.ts";
import { fieldMask, isZero, sameBytes } from "../../slowpath/flow/flow.ts";
import type { Group, GroupType } from "../../slowpath/tables/rule.ts";
import { readHeader, wireBytes, writeHeader } from "../fields/header.ts";
import { maskFromWire, maskToWire } from "../fields/value.ts";
import type { WireContext } from "../wire/context.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { NETRONOME, NETRONOME_SLIP } from "../wire/experimenters.ts";
import { readProperties, unknownProperty, writeExperimenterProperty } from "../wire/property.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";

export type Selection = Pick<Group, "selectionMethod" | "selectionParam" | "fields">;

export const noSelection: Selection = { selectionMethod: "", selectionParam: 0n, fields: [] };

const SELECTION_METHOD = 1;
const METHOD_BYTES = 16;

function bad(why: string): OpenFlowError {
  return new OpenFlowError("OFPBPC_BAD_VALUE", why);
}

function readFields(body: Reader, context: WireContext): Selection["fields"] {
  const fields: { name: string; id: number; mask?: Uint8Array }[] = [];
  while (!body.isEmpty) {
    const { field, hasMask, payload } = readHeader(body, context);
    if (!field) throw new OpenFlowError("OFPBMC_BAD_FIELD", "a selection field is unknown");
    if (hasMask) throw new OpenFlowError("OFPBMC_BAD_MASK", `the selection field ${field.name} has two masks`);
    if (payload > body.remaining) throw new OpenFlowError("OFPBMC_BAD_LEN", `the mask of ${field.name} is cut off`);
    const mask = maskFromWire(field, body.bytes(payload));
    if (isZero(mask)) throw bad(`the mask of ${field.name} is zero`);
    const exact = sameBytes(mask, fieldMask(field));
    if (!exact && !field.maskable) throw new OpenFlowError("OFPBMC_BAD_MASK", `${field.name} takes no mask`);
    if (fields.some(({ name }) => name === field.name)) {
      throw new OpenFlowError("OFPBMC_DUP_FIELD", `${field.name} comes twice`);
    }
    fields.push({ name: field.name, id: field.id, ...(!exact && { mask }) });
  }
  return fields.sort((a, b) => a.id - b.id).map(({ name, mask }) => ({ name, mask }));
}

/** A group's properties. @throws OpenFlowError */
export function readSelection(reader: Reader, context: WireContext, type: GroupType, definesGroup: boolean): Selection {
  let selection = noSelection;
  for (const property of readProperties(reader)) {
    const { experimenter, type: number } = property;
    const known = experimenter === NETRONOME || experimenter === NETRONOME_SLIP;
    if (!known || number !== SELECTION_METHOD) throw unknownProperty(property);
    if (type !== "select") throw bad("a selection method for a group that is not a select group");
    if (!definesGroup) throw bad("a selection method for a command that makes no group");
    const { body } = property;
    body.skip(4);
    const text = Buffer.from(body.bytes(METHOD_BYTES)).toString("latin1");
    const end = text.indexOf("\0");
    const method = end < 0 ? text : text.slice(0, end);
    if (method !== "hash" && method !== "dp_hash") throw bad(`selection method "${method}"`);
    const selectionParam = body.u64();
    if (method !== "hash" && !body.isEmpty) throw bad(`selection method ${method} with fields`);
    selection = { selectionMethod: method, selectionParam, fields: readFields(body, context) };
  }
  return selection;
}

export function writeSelection(writer: Writer, selection: Selection, context: WireContext): void {
  const { selectionMethod, selectionParam, fields } = selection;
  if (selectionMethod === "") return;
  writeExperimenterProperty(writer, NETRONOME, SELECTION_METHOD, () => {
    writer.zeros(4);
    writer.text(selectionMethod, METHOD_BYTES);
    writer.u64(selectionParam);
    for (const { name, mask } of fields) {
      const field = fieldByName(name)!;
      writeHeader(writer, field, context.version, false);
      writer.bytes(maskToWire(field, mask ?? fieldMask(field), wireBytes(field)));
    }
  });
}
