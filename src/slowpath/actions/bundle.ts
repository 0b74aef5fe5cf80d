/** `bundle(…)` and `bundle_load(…)`: one of several ports, the first that is up or one by hash. */
import { setSubfieldNumber } from "../flow/flow.ts";
import { formatPort, PORT_NONE, parsePort } from "../flow/port-text.ts";
import { formatSubfield, parseSubfield } from "../flow/subfield.ts";
import { chooseMember } from "../translate/bundle.ts";
import { hashFieldSets } from "../translate/multipath.ts";
import { outputTo } from "../translate/output.ts";
import { markWritten } from "../translate/write.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { ActionSyntaxError } from "./scan.ts";
import { writable } from "./set-field.ts";

export const bundle: ActionDefinition<ActionOf<"bundle">> = {
  type: "bundle",
  keywords: ["bundle", "bundle_load"],
  parse({ key, value }, parser) {
    const loads = key.toLowerCase() === "bundle_load";
    const words = value.split(/[\s,:]+/).filter((word) => word !== "");
    const head = words.slice(0, loads ? 6 : 5);
    const [fields, basis, algorithm, memberType] = head;
    const delimiter = head.at(-1);
    if (delimiter === undefined || head.length < (loads ? 6 : 5)) {
      throw new ActionSyntaxError(`${value}: not enough arguments to bundle action`);
    }
    if (delimiter !== "members" && delimiter !== "slaves") {
      throw new ActionSyntaxError(`${value}: missing member delimiter, expected \`members', got \`${delimiter}'`);
    }
    if (!hashFieldSets.has(fields)) throw new ActionSyntaxError(`${value}: unknown fields \`${fields}'`);
    if (algorithm !== "hrw" && algorithm !== "active_backup") {
      throw new ActionSyntaxError(`${value}: unknown algorithm \`${algorithm}'`);
    }
    if (memberType !== "ofport") throw new ActionSyntaxError(`${value}: unknown member_type \`${memberType}'`);
    const members = words.slice(head.length).map((word) => {
      const port = parsePort(word, parser.context.ports);
      if (port === undefined) throw new ActionSyntaxError(`${word}: bad port number`);
      return port;
    });
    const destination = loads ? parseSubfield(head[4]) : undefined;
    if (destination) writable(destination.field, head[4]);
    return { type: "bundle", fields, basis: Number(basis), algorithm, members, ...(destination && { destination }) };
  },
  format({ fields, basis, algorithm, members, destination }, { options }) {
    const ports = members.map((port) => formatPort(port, options.ports)).join(",");
    const where = destination ? `${formatSubfield(destination)},` : "";
    return `bundle${destination ? "_load" : ""}(${fields},${basis},${algorithm},ofport,${where}members:${ports})`;
  },
  translate(context, action, place) {
    const port = chooseMember(context, action);
    if (action.destination) {
      setSubfieldNumber(context.flow, action.destination, port);
      markWritten(context, action.destination);
      context.reportSubfield(action.destination);
    } else if (port !== PORT_NONE) {
      outputTo(context, port, 0, place);
    }
    return undefined;
  },
};
