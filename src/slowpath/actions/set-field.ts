/** `set_field:VALUE[/MASK]->FIELD` and `load:NUMBER->FIELD[a..b]`: writes bits of a field, if the packet has the field. */
import type { Field } from "../flow/field.ts";
import { fieldByName } from "../flow/fields.ts";
import { bytesOfValue, fieldMask, valueOfBytes } from "../flow/flow.ts";
import { hasPrerequisites } from "../flow/prerequisites.ts";
import { formatSubfield, parseSubfield } from "../flow/subfield.ts";
import { formatFieldValue, formatHex, parseFieldValue } from "../flow/value-text.ts";
import { writeField } from "../translate/write.ts";
import type { SetFieldAction } from "./action.ts";
import type { ActionDefinition, FormatOptions, Parser } from "./definition.ts";
import { ActionSyntaxError, parseBigInteger, type Token } from "./scan.ts";

/** Splits `WHAT->WHERE`. */
export function splitArrow(text: string): [what: string, where: string] {
  const at = text.indexOf("->");
  if (at < 0) throw new ActionSyntaxError(`${text}: missing \`->'`);
  const where = text.slice(at + 2).trim();
  if (where === "") throw new ActionSyntaxError(`${text}: missing field name following \`->'`);
  return [text.slice(0, at).trim(), where];
}

export function writable(field: Field, name: string): Field {
  if (!field.writable) throw new ActionSyntaxError(`${name} is read-only`);
  return field;
}

function parseSetField(text: string, parser: Parser): SetFieldAction {
  const [what, where] = splitArrow(text);
  const field = fieldByName(where);
  if (!field) throw new ActionSyntaxError(`${where} is not a valid OXM field name`);
  writable(field, where);
  const { value, mask } = parseFieldValue(field, what, parser.context.ports);
  return { type: "set_field", field, value, mask };
}

/** A number in a run of a field's bits, laid out as in a flow. */
export function loadBytes(text: string, where: string): Pick<SetFieldAction, "field" | "value" | "mask"> {
  const part = parseSubfield(where);
  const field = writable(part.field, where);
  const number = parseBigInteger(text, (1n << 64n) - 1n, "integer value");
  if (number >> BigInt(part.bits)) {
    throw new ActionSyntaxError(`${text}->${where}: value ${text} does not fit into ${part.bits} bits`);
  }
  const ones = ((1n << BigInt(part.bits)) - 1n) << BigInt(part.start);
  return { field, value: bytesOfValue(field, number << BigInt(part.start)), mask: bytesOfValue(field, ones) };
}

/** A load prints its bits as one run; a mask with holes cannot come from one. */
function formatLoad(action: SetFieldAction): string {
  const { field } = action;
  const mask = valueOfBytes(field, action.mask);
  let start = 0;
  while (start < field.bits && !((mask >> BigInt(start)) & 1n)) start++;
  let bits = 0;
  while ((mask >> BigInt(start + bits)) & 1n) bits++;
  const number = valueOfBytes(field, action.value) >> BigInt(start);
  return `load:${formatHex(number)}->${formatSubfield({ field, start, bits })}`;
}

export function formatSetField(action: SetFieldAction, options: FormatOptions): string {
  if (action.load) return formatLoad(action);
  return `set_field:${formatFieldValue(action.field, action.value, action.mask, options.ports)}->${action.field.name}`;
}

/** An exact value for a whole field, from its text: what the `mod_…` words and `set_tunnel` mean. */
export function setWhole(field: Field, text: string, parser: Parser): SetFieldAction {
  const { value } = parseFieldValue(field, text, parser.context.ports);
  return { type: "set_field", field, value, mask: fieldMask(field) };
}

export const setField: ActionDefinition<SetFieldAction> = {
  type: "set_field",
  keywords: ["set_field", "load"],
  parse(token: Token, parser) {
    if (token.key.toLowerCase() === "set_field") return parseSetField(token.value, parser);
    const [what, where] = splitArrow(token.value);
    return { type: "set_field", ...loadBytes(what, where), load: true };
  },
  format: (action, { options }) => formatSetField(action, options),
  translate(context, { field, value, mask }) {
    if (hasPrerequisites(context.flow, field, context.wildcards)) writeField(context, field, value, mask);
    else context.report("warning", `unmet prerequisites for ${field.name}, set_field ignored`);
    return undefined;
  },
};
