/** A packet's flow in ovs-ofctl's words, with OVS's sentences for what is wrong with it. */
import { fieldByName } from "../slowpath/flow/fields.ts";
import { parseMatch, splitKeyValues } from "../slowpath/flow/match-text.ts";
import type { PortNames } from "../slowpath/flow/port-text.ts";
import { protocolByWord } from "../slowpath/flow/protocol-words.ts";
import { FlowTextError } from "../slowpath/flow/subfield.ts";
import { parseFieldValue } from "../slowpath/flow/value-text.ts";
import type { Match } from "../slowpath/tables/rule.ts";
import { UnixctlError } from "./command.ts";

/** @throws UnixctlError */
export function parseExactFlow(text: string, ports?: PortNames): Match {
  for (const { key, value } of splitKeyValues(text)) {
    const field = fieldByName(key);
    if (field === undefined) {
      if (protocolByWord(key) || key === "eth" || key.includes("[")) continue;
      throw new UnixctlError(`${text}: unknown field ${key}`);
    }
    const complaint = complaintAbout(key, value, ports);
    if (complaint !== undefined) throw new UnixctlError(`${text}: bad value for ${key} (${complaint})`);
  }
  try {
    return parseMatch(text, ports);
  } catch (error) {
    if (!(error instanceof FlowTextError)) throw error;
    throw new UnixctlError(`${text}: ${error.message}`);
  }
}

function complaintAbout(name: string, value: string, ports: PortNames | undefined): string | undefined {
  const field = fieldByName(name)!;
  try {
    const { mask } = parseFieldValue(field, value, ports);
    const isExact = value.includes("/") === false || mask.every((byte) => byte === 0xff);
    return isExact ? undefined : `${value}: wildcards not allowed here`;
  } catch (error) {
    if (!(error instanceof FlowTextError)) throw error;
    if (field.name === "in_port") return `${value}: invalid or unknown port for in_port`;
    return error.message.replace(/^.*?: /, `${value}: `);
  }
}
