/** How a select action chooses: `dp_hash(basis=0,alg=l4)`, `hash(param=0,fields(ip_src,tcp_dst=0xff00))`. */
import type { SelectAction, SelectField } from "../../fastpath/datapath-action.ts";
import { fieldByName, fields } from "../flow/fields.ts";
import { fieldMask, sameBytes } from "../flow/flow.ts";
import { formatFieldValue, parseFieldValue } from "../flow/value-text.ts";
import { DatapathTextError, integer, items } from "./scan.ts";

type Method = SelectAction["method"];

export function formatSelectMethod(method: Method): string {
  if (method.kind === "dp_hash") return `dp_hash(basis=${method.basis},alg=${method.algorithm})`;
  return `hash(param=${method.param},fields(${method.fields.map(formatField).join(",")}))`;
}

/** The key does not say which of several fields at one place was meant: the first is as good. */
function formatField({ keyOffset, mask }: SelectField): string {
  const field = fields.find((candidate) => candidate.offset === keyOffset && candidate.bytes === mask.length);
  if (!field) throw new RangeError(`no field is ${mask.length} bytes long at ${keyOffset} of the key`);
  return sameBytes(mask, fieldMask(field)) ? field.name : `${field.name}=${formatFieldValue(field, mask)}`;
}

/** @throws DatapathTextError */
export function parseSelectMethod(text: string): Method {
  const [{ name, inside = "" }] = items(text);
  const parts = new Map(items(inside).map((part) => [part.name, part]));
  if (name === "dp_hash") {
    const algorithm = parts.get("alg")?.value;
    if (algorithm !== "l4" && algorithm !== "sym_l4") throw new DatapathTextError(`${text}: alg is l4 or sym_l4`);
    return { kind: "dp_hash", basis: integer(parts.get("basis")?.value, "basis"), algorithm };
  }
  if (name !== "hash") throw new DatapathTextError(`${text}: unknown selection method`);
  const chosen = items(parts.get("fields")?.inside ?? "").map(({ name: fieldName, value }): SelectField => {
    const field = fieldByName(fieldName);
    if (!field) throw new DatapathTextError(`${text}: unknown field ${fieldName}`);
    return {
      keyOffset: field.offset,
      mask: value === undefined ? fieldMask(field) : parseFieldValue(field, value).value,
    };
  });
  return { kind: "fields", param: BigInt(parts.get("param")?.value ?? 0), fields: chosen };
}
