/** `resubmit:PORT`, `resubmit([PORT],[TABLE][,ct])`: looks the packet up again, with that in_port, then goes on. */
import { formatPort, PORT_IN_PORT, parsePort } from "../flow/port-text.ts";
import { resubmitTo } from "../translate/resubmit.ts";
import type { ActionDefinition, ActionOf, Parser } from "./definition.ts";
import { ActionSyntaxError, parseInteger } from "./scan.ts";

export function parseTable(text: string, parser: Parser): number {
  if (!/^\d|^0x/i.test(text)) {
    const named = parser.context.tableNumber?.(text);
    if (named === undefined) throw new ActionSyntaxError(`unknown table "${text}"`);
    return named;
  }
  return parseInteger(text, 0xff, "table");
}

export const resubmit: ActionDefinition<ActionOf<"resubmit">> = {
  type: "resubmit",
  keywords: ["resubmit"],
  parse({ separator, value }, parser) {
    const [portText = "", tableText = "", ctText = "", ...more] =
      separator === "(" ? value.split(",").map((part) => part.trim()) : [value];
    let port: number | undefined;
    if (portText !== "") {
      port = parsePort(portText, parser.context.ports);
      if (port === undefined) throw new ActionSyntaxError(`${portText}: resubmit to unknown port`);
      if (port === PORT_IN_PORT) port = undefined;
    }
    if (ctText !== "" && ctText !== "ct") throw new ActionSyntaxError(`${ctText}: unknown parameter`);
    if (more.length > 0) throw new ActionSyntaxError(`${value}: too many arguments to resubmit`);
    if (portText === "" && tableText === "") {
      throw new ActionSyntaxError('at least one "in_port" or "table" must be specified on resubmit');
    }
    const table = tableText === "" || tableText === "255" ? undefined : parseTable(tableText, parser);
    return {
      type: "resubmit",
      ...(port !== undefined && { port }),
      ...(table !== undefined && { table }),
      ...(ctText === "ct" && { ct: true }),
    };
  },
  format({ port, table, ct }, { options }) {
    const portText = port === undefined ? "" : formatPort(port, options.ports);
    if (port !== undefined && table === undefined && !ct) return `resubmit:${portText}`;
    return `resubmit(${portText},${table ?? ""}${ct ? ",ct" : ""})`;
  },
  translate(context, { port, table, ct = false }, place) {
    resubmitTo(context, {
      table: table ?? context.table,
      inPort: port,
      byConnection: ct,
      last: place.last,
      missesCount: false,
    });
    return undefined;
  },
};
