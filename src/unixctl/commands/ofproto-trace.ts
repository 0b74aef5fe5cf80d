/**
 * `ofproto/trace`: the way of a packet through the tables. Forms: `bridge br_flow`, `[dp] odp_flow`, each with options.
 *
 * `-generate` composes a packet in OVS so that what translation learns by it is learned; here nothing is executed.
 * Not handled: packets in hexadecimal.
 */
import { KEY_IN_PORT, KEY_SIZE } from "../../../assembly/layout.ts";
import { FLOW_SIZE } from "../../slowpath/flow/flow-layout.ts";
import { parseMatch } from "../../slowpath/flow/match-text.ts";
import { parseKey } from "../../slowpath/odp/key.ts";
import type { SwitchBridge } from "../../slowpath/switch.ts";
import { traceText } from "../../slowpath/translate/trace-text.ts";
import { type UnixctlCommand, UnixctlError } from "../command.ts";
import { datapathPortNames, isDatapathName } from "../datapath.ts";
import { parseTraceWords } from "../trace-words.ts";
import type { Vswitchd } from "../vswitchd.ts";

export const ofprotoTrace: UnixctlCommand = {
  name: "ofproto/trace",
  usage: "{[dp_name] odp_flow | bridge br_flow} [OPTIONS...] [-generate|packet]",
  minimum: 1,
  maximum: Number.POSITIVE_INFINITY,
  run(daemon, words) {
    const { rest, nextCtStates } = parseTraceWords(words);
    const { bridge, flow } = startOf(daemon, rest);
    const { recirculation, select } = daemon.switch;
    return traceText({ bridge, flow, recirculation, select, nextCtStates });
  },
};

interface Start {
  readonly bridge: SwitchBridge;
  /** FLOW_SIZE bytes, in_port as the bridge numbers it. */
  readonly flow: Uint8Array;
}

function startOf(daemon: Vswitchd, words: readonly string[]): Start {
  if (words.length < 1 || words.length > 2) throw new UnixctlError("Syntax error");
  const text = words.at(-1)!;
  const key = datapathKey(daemon, text);
  if (key instanceof Uint8Array) {
    if (words.length === 2 && !isDatapathName(words[0])) throw new UnixctlError("Cannot find the datapath");
    return startOfKey(daemon, key);
  }
  if (words.length === 1) throw new UnixctlError(`${key} (or the bridge name was omitted)`);
  const bridge = daemon.bridges().find(({ name }) => name === words[0]);
  if (bridge === undefined) throw new UnixctlError(`${words[0]}: unknown bridge`);
  try {
    return { bridge, flow: parseMatch(text, bridge.portNames).value };
  } catch (error) {
    throw new UnixctlError(`Bad openflow flow syntax: ${(error as Error).message}`);
  }
}

/** KEY_SIZE bytes, or why the text is no datapath key. */
function datapathKey(daemon: Vswitchd, text: string): Uint8Array | string {
  try {
    return parseKey(text, { ports: datapathPortNames(daemon.switch) }).key;
  } catch (error) {
    return (error as Error).message;
  }
}

function startOfKey(daemon: Vswitchd, key: Uint8Array): Start {
  const flow = new Uint8Array(FLOW_SIZE);
  flow.set(key.subarray(0, KEY_SIZE));
  const view = new DataView(flow.buffer);
  const owner = daemon.switch.owner(view.getUint32(KEY_IN_PORT));
  if (owner === undefined) throw new UnixctlError("Invalid datapath flow: no such port");
  view.setUint32(KEY_IN_PORT, owner.port.number);
  return { bridge: owner.bridge, flow };
}
