/** OpenFlow 1.0's words for writing one field: `mod_dl_src:MAC`, `mod_nw_tos:N`, `set_tunnel:ID` … They become set_field. */
import { field } from "../flow/fields.ts";
import type { Action, SetFieldAction } from "./action.ts";
import type { ActionDefinition, Parser } from "./definition.ts";
import { ActionSyntaxError, parseInteger, type Token } from "./scan.ts";
import { setField, setWhole } from "./set-field.ts";

const fieldOfWord: Readonly<Record<string, string>> = {
  mod_dl_src: "eth_src",
  mod_dl_dst: "eth_dst",
  mod_nw_src: "ip_src",
  mod_nw_dst: "ip_dst",
  mod_nw_tos: "nw_tos",
  mod_nw_ecn: "nw_ecn",
  mod_nw_ttl: "nw_ttl",
  set_nw_ttl: "nw_ttl",
  set_tunnel: "tun_id",
  set_tunnel64: "tun_id",
  set_mpls_label: "mpls_label",
  set_mpls_tc: "mpls_tc",
  set_mpls_ttl: "mpls_ttl",
};

function parse(token: Token, parser: Parser): Action {
  const word = token.key.toLowerCase();
  if (word === "mod_nw_tos" && parseInteger(token.value, 0xff, "TOS") & 3) {
    throw new ActionSyntaxError(`${token.value}: not a valid TOS`);
  }
  return setWhole(field(fieldOfWord[word]), token.value, parser);
}

/** Only words of its own: what they make prints and translates as set_field. */
export const modifyWords: ActionDefinition<SetFieldAction> = {
  ...setField,
  keywords: Object.keys(fieldOfWord),
  parse,
};
