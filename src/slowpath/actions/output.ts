/** `output:PORT`, `output:REG[…]`, `output(port=PORT,max_len=BYTES)`, and the reserved ports' words. */
import { getSubfieldNumber, unwildcardSubfield } from "../flow/flow.ts";
import { formatPort, PORT_CONTROLLER, PORT_MAX, parsePort } from "../flow/port-text.ts";
import { formatSubfield, parseSubfield } from "../flow/subfield.ts";
import { outputTo, outputTruncated } from "../translate/output.ts";
import type { Action } from "./action.ts";
import type { ActionDefinition, ActionOf, Parser } from "./definition.ts";
import { ActionSyntaxError, parseInteger, type Token, tokens } from "./scan.ts";

/** An Ethernet header: OVS takes no shorter truncation. */
const MIN_TRUNCATION = 14;
const WHOLE_PACKET = 0xffff;

/** Reserved ports that are actions of their own: `normal`, `flood`, … `controller` has a file of its own. */
export const portWords = ["in_port", "table", "normal", "flood", "all", "local", "none"];

function parseOutput(token: Token, parser: Parser): Action {
  if (token.separator === "(") return parseTruncated(token.value, parser);
  const text = token.value;
  const port = parsePort(text, parser.context.ports);
  if (port !== undefined) return port === PORT_CONTROLLER ? toController(WHOLE_PACKET) : { type: "output", port };
  if (!text.includes("[")) throw new ActionSyntaxError(`${text}: output to unknown port`);
  return { type: "output_reg", source: parseSubfield(text), maxLength: WHOLE_PACKET };
}

function parseTruncated(text: string, parser: Parser): Action {
  let port: number | undefined;
  let maxLength: number | undefined;
  for (const { key, value } of tokens(text)) {
    if (key === "port") {
      port = parsePort(value, parser.context.ports);
      if (port === undefined) throw new ActionSyntaxError(`output to unknown truncate port: ${value}`);
    } else if (key === "max_len") {
      maxLength = parseInteger(value, 0xffff_ffff, "max_len");
    } else {
      throw new ActionSyntaxError(`invalid key '${key}' in output_trunc argument`);
    }
  }
  if (port === undefined || maxLength === undefined) {
    throw new ActionSyntaxError(`output(${text}): output_trunc needs port and max_len`);
  }
  if (maxLength < MIN_TRUNCATION) {
    throw new ActionSyntaxError(`max_len ${maxLength} is less than the minimum value ${MIN_TRUNCATION}`);
  }
  return { type: "output_trunc", port, maxLength };
}

export function toController(maxLength: number): ActionOf<"output"> {
  return { type: "output", port: PORT_CONTROLLER, maxLength };
}

export const output: ActionDefinition<ActionOf<"output">> = {
  type: "output",
  keywords: ["output", ...portWords],
  parse(token, parser) {
    if (token.key.toLowerCase() === "output") return parseOutput(token, parser);
    return { type: "output", port: parsePort(token.key)! };
  },
  format({ port, maxLength }, { options }) {
    if (port === PORT_CONTROLLER) return `CONTROLLER:${maxLength ?? WHOLE_PACKET}`;
    return `${port < PORT_MAX ? "output:" : ""}${formatPort(port, options.ports)}`;
  },
  translate(context, action, place) {
    outputTo(context, action.port, action.maxLength ?? WHOLE_PACKET, place);
    return undefined;
  },
};

export const outputRegister: ActionDefinition<ActionOf<"output_reg">> = {
  type: "output_reg",
  keywords: [],
  parse: parseOutput,
  format: ({ source }) => `output:${formatSubfield(source)}`,
  translate(context, { source, maxLength }, place) {
    const port = getSubfieldNumber(context.flow, source);
    if (port > 0xffff) {
      context.report("warning", `output port ${port} is out of range`);
      return undefined;
    }
    context.report("detail", `output port is ${port}`);
    unwildcardSubfield(context.wildcards, source);
    outputTo(context, port, maxLength, place);
    return undefined;
  },
};

export const outputTruncate: ActionDefinition<ActionOf<"output_trunc">> = {
  type: "output_trunc",
  keywords: [],
  parse: parseOutput,
  format: ({ port, maxLength }, { options }) => `output(port=${formatPort(port, options.ports)},max_len=${maxLength})`,
  translate(context, { port, maxLength }, place) {
    outputTruncated(context, port, maxLength, place);
    return undefined;
  },
};
