/** `multipath(FIELDS,BASIS,ALGORITHM,LINKS,ARG,FIELD[…])`: hashes the packet's fields to one of LINKS numbers. */
import { setSubfieldNumber } from "../flow/flow.ts";
import { formatSubfield, parseSubfield } from "../flow/subfield.ts";
import { chooseLink, hashFieldSets } from "../translate/multipath.ts";
import { markWritten } from "../translate/write.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { ActionSyntaxError } from "./scan.ts";
import { writable } from "./set-field.ts";

const algorithms = ["modulo_n", "hash_threshold", "hrw", "iter_hash"];
const MAX_LINKS = 65536;

export const multipath: ActionDefinition<ActionOf<"multipath">> = {
  type: "multipath",
  keywords: ["multipath"],
  parse({ value }) {
    const [fields, basis, algorithm, linksText, arg, where] = value.split(/[\s,]+/);
    if (where === undefined) throw new ActionSyntaxError(`${value}: not enough arguments to multipath action`);
    if (!hashFieldSets.has(fields)) throw new ActionSyntaxError(`${value}: unknown fields \`${fields}'`);
    if (!algorithms.includes(algorithm)) throw new ActionSyntaxError(`${value}: unknown algorithm \`${algorithm}'`);
    const links = Number(linksText);
    if (!(links >= 1 && links <= MAX_LINKS)) {
      throw new ActionSyntaxError(`${value}: n_links ${linksText} is not in valid range 1 to ${MAX_LINKS}`);
    }
    const destination = parseSubfield(where);
    writable(destination.field, where);
    if (destination.bits < 16 && links > 2 ** destination.bits) {
      throw new ActionSyntaxError(
        `${value}: ${destination.bits}-bit destination field has ${2 ** destination.bits} possible values, less than specified n_links ${links}`,
      );
    }
    return { type: "multipath", fields, basis: Number(basis), algorithm, links, arg: Number(arg), destination };
  },
  format: ({ fields, basis, algorithm, links, arg, destination }) =>
    `multipath(${fields},${basis},${algorithm},${links},${arg},${formatSubfield(destination)})`,
  translate(context, action) {
    setSubfieldNumber(context.flow, action.destination, chooseLink(context, action));
    markWritten(context, action.destination);
    context.reportSubfield(action.destination);
    return undefined;
  },
};
