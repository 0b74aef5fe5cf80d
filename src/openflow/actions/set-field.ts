/**
 * `set_field:VALUE[/MASK]->FIELD` and `load:NUMBER->FIELD[…]`: OpenFlow 1.2's set_field (masked from 1.5 on), Nicira's reg_load for
 * runs of bits in 1.0 to 1.4, and the older actions that write one field each.
 */
import type { SetFieldAction } from "../../slowpath/actions/action.ts";
import type { Field } from "../../slowpath/flow/field.ts";
import { field } from "../../slowpath/flow/fields.ts";
import { bytesOfValue, fieldMask, sameBytes, valueOfBytes } from "../../slowpath/flow/flow.ts";
import { nameOf, readEntry, valuesOf, writeEntry } from "../fields/entry.ts";
import { hasPlainHeader, readFieldName, wireBytes, writeHeader } from "../fields/header.ts";
import { OpenFlowError } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import { OF10, OF11, OF12, OF15 } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { type ActionCodec, type ActionContext, nicira, standard, writeNicira, writeStandard } from "./definition.ts";
import { cameAs, formOf } from "./form-memory.ts";
import { legacyForms, writeLegacy, writeMplsTtl, writeTtl, writeTunnel } from "./legacy-fields.ts";
import { packBits, unpackBits, writable } from "./subfield.ts";

const SET_FIELD = 25;
const REG_LOAD = 7;
const REG_LOAD2 = 33;
/** A reg_load's width is told in six bits. */
const LOAD_BITS = 64;
const VLAN_PRESENT = 0x10;

function read(body: Reader, context: ActionContext, mayMask: boolean): SetFieldAction {
  const entry = readEntry(body, context);
  const target = entry.header.field;
  if (!target) throw new OpenFlowError("OFPBAC_BAD_SET_TYPE", `${nameOf(entry.header)} is unknown`);
  if (entry.wireMask && !mayMask) throw new OpenFlowError("OFPBAC_BAD_SET_MASK", `${target.name} has a mask`);
  body.zeros(body.remaining, "OFPBAC_BAD_SET_ARGUMENT");
  const { value, mask } = valuesOf(entry, target, "OFPBAC_BAD_SET_ARGUMENT", "OFPBAC_BAD_SET_MASK");
  checkTarget(target);
  if (target.name === "vlan_vid" && !(value[0] & mask[0] & VLAN_PRESENT)) {
    throw new OpenFlowError("OFPBAC_BAD_SET_ARGUMENT", "a VLAN identifier is set without OFPVID_PRESENT");
  }
  const action: SetFieldAction = { type: "set_field", field: target, value, mask };
  // Who does not know an option's length masks what it knows.
  return entry.wireMask && sameBytes(mask, fieldMask(target)) ? cameAs(action, "masked") : action;
}

function checkTarget(target: Field): void {
  if (!target.writable || target.name === "in_port_oxm") {
    throw new OpenFlowError("OFPBAC_BAD_SET_ARGUMENT", `${target.name} cannot be set`);
  }
}

function readLoad(body: Reader, context: ActionContext): SetFieldAction {
  const packed = body.u16();
  const part = writable(unpackBits(readFieldName(body, context), packed));
  const number = body.u64();
  if (number >> BigInt(part.bits)) {
    throw new OpenFlowError("OFPBAC_BAD_ARGUMENT", `${number} does not fit in ${part.bits} bits`);
  }
  const ones = ((1n << BigInt(part.bits)) - 1n) << BigInt(part.start);
  const value = bytesOfValue(part.field, number << BigInt(part.start));
  return { type: "set_field", field: part.field, value, mask: bytesOfValue(part.field, ones), load: true };
}

/** One reg_load for each run of ones in the mask, low bits first. */
function writeLoads(writer: Writer, { field: target, value, mask }: SetFieldAction): void {
  const ones = valueOfBytes(target, mask);
  const number = valueOfBytes(target, value);
  for (let start = 0; start < target.bits; ) {
    if (!((ones >> BigInt(start)) & 1n)) {
      start++;
      continue;
    }
    let bits = 1;
    while (bits < LOAD_BITS && (ones >> BigInt(start + bits)) & 1n) bits++;
    const part = { field: target, start, bits };
    writeNicira(writer, REG_LOAD, () => {
      writer.u16(packBits(part));
      writeHeader(writer, target, "nxm", false);
      writer.u64(BigInt.asUintN(bits, number >> BigInt(start)));
    });
    start += bits;
  }
}

function writeNiciraForm(writer: Writer, action: SetFieldAction): void {
  const { field: target, value, mask } = action;
  const variable = target.name.startsWith("tun_metadata");
  if (formOf(action) !== "load2" && hasPlainHeader(target) && !variable) {
    writeLoads(writer, action);
  } else {
    writeNicira(writer, REG_LOAD2, () => writeEntry(writer, target, "nxm", value, mask));
  }
}

const ttl = field("nw_ttl");
const mplsTtl = field("mpls_ttl");
const tunnel = field("tun_id");
const dscp = field("ip_dscp");

export const setField: ActionCodec<SetFieldAction> = {
  type: "set_field",
  forms: [
    standard("1.2-1.4", SET_FIELD, undefined, (body, context) => read(body, context, false)),
    standard("1.5+", SET_FIELD, undefined, (body, context) => read(body, context, true)),
    nicira("1.0-1.4", REG_LOAD, 24, readLoad),
    nicira("1.0-1.4", REG_LOAD2, undefined, (body, context) => cameAs(read(body, context, true), "load2")),
    ...legacyForms,
  ],
  write(writer, action, { version }) {
    const { field: target, value, mask, load } = action;
    const form = formOf(action);
    const whole = sameBytes(mask, fieldMask(target));
    if (form === "ttl" && target === ttl && version >= OF11) {
      writeTtl(writer, value[0]);
    } else if (form === "ttl" && target === mplsTtl) {
      writeMplsTtl(writer, value[0], version === OF10);
    } else if (form === "tunnel" && target === tunnel && version < OF12) {
      writeTunnel(writer, valueOfBytes(target, value));
    } else if (form === "tos" && version >= OF12) {
      // Later versions set DSCP's six bits alone.
      writeStandard(writer, SET_FIELD, () => writeEntry(writer, dscp, version, value));
    } else if (version >= OF15) {
      // A load of a field's bits is told with those bits, where the field does not fill its bytes.
      const partial = load === true && target.namedBits < 8 * wireBytes(target);
      const keepMask = form === "masked" || partial;
      writeStandard(writer, SET_FIELD, () => writeEntry(writer, target, version, value, mask, keepMask));
    } else if (load || form === "load2" || !whole) {
      writeNiciraForm(writer, action);
    } else if (version >= OF12) {
      writeStandard(writer, SET_FIELD, () => writeEntry(writer, target, version, value));
    } else if (!writeLegacy(writer, action, version === OF10)) {
      writeNiciraForm(writer, action);
    }
  },
};
