/** `ct(commit,force,table=N,zone=N|FIELD[…],nat(…),exec(…),alg=ftp)`: one pass through the connection tracker. */
import { formatSubfield, parseSubfield } from "../flow/subfield.ts";
import { track } from "../translate/conntrack.ts";
import type { Action, CtActionSpec, NatAction } from "./action.ts";
import type { ActionDefinition, Parser } from "./definition.ts";
import { formatNat, parseNat } from "./nat.ts";
import { parseTable } from "./resubmit.ts";
import { ActionSyntaxError, parseInteger, type Token, tokens } from "./scan.ts";

const ZONE_BITS = 16;

function parseZone(text: string): CtActionSpec["zone"] {
  if (/^\d/.test(text)) return parseInteger(text, 0xffff, "zone");
  const zone = parseSubfield(text);
  if (zone.bits !== ZONE_BITS) throw new ActionSyntaxError(`zone ${text} is not ${ZONE_BITS} bits wide`);
  return zone;
}

function checkNested(actions: readonly Action[]): readonly Action[] {
  for (const action of actions) {
    const target =
      action.type === "set_field" ? action.field : action.type === "move" ? action.destination.field : undefined;
    if (target?.name !== "ct_mark" && target?.name !== "ct_label") {
      throw new ActionSyntaxError(`ct(exec(…)) may only write ct_mark and ct_label, not do ${action.type}`);
    }
  }
  return actions;
}

function parseCt(token: Token, parser: Parser): CtActionSpec {
  let commit = false;
  let force = false;
  let table: number | undefined;
  let zone: CtActionSpec["zone"] = 0;
  let alg: CtActionSpec["alg"];
  let nat: NatAction | undefined;
  let exec: readonly Action[] = [];
  for (const part of tokens(token.value)) {
    const { key, value } = part;
    if (key === "commit") commit = true;
    else if (key === "force") force = true;
    else if (key === "table") table = parseTable(value, parser);
    else if (key === "zone") zone = parseZone(value);
    else if (key === "alg" && (value === "ftp" || value === "tftp")) alg = value;
    else if (key === "alg") throw new ActionSyntaxError(`invalid alg "${value}"`);
    else if (key === "nat") nat = parseNat(part);
    else if (key === "exec") exec = checkNested(parser.parse(value));
    else throw new ActionSyntaxError(`invalid argument to "ct" action: \`${key}'`);
  }
  if (table === 0xff) throw new ActionSyntaxError("invalid table 0xff");
  if (force && !commit) throw new ActionSyntaxError('"force" flag requires "commit" flag.');
  return {
    type: "ct",
    commit,
    force,
    ...(table !== undefined && { table }),
    zone,
    ...(alg && { alg }),
    ...(nat && { nat }),
    exec,
  };
}

export const ct: ActionDefinition<CtActionSpec> = {
  type: "ct",
  keywords: ["ct"],
  parse: parseCt,
  format({ commit, force, table, zone, alg, nat, exec }, printer) {
    const parts: string[] = [];
    if (commit) parts.push("commit");
    if (force) parts.push("force");
    if (table !== undefined) parts.push(`table=${table}`);
    if (typeof zone !== "number") parts.push(`zone=${formatSubfield(zone)}`);
    else if (zone !== 0) parts.push(`zone=${zone}`);
    if (nat) parts.push(formatNat(nat));
    if (exec.length > 0) parts.push(`exec(${printer.print(exec)})`);
    if (alg) parts.push(`alg=${alg}`);
    return `ct(${parts.join(",")})`;
  },
  translate(context, action) {
    track(context, action);
    return undefined;
  },
};
