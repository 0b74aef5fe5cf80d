/** netdev-dummy/…: frames and link states of ports in memory, for test suites. */

import { parseAddress } from "../../../slowpath/flow/address-text.ts";
import { composeFrame } from "../../../slowpath/flow/compose-frame.ts";
import { FLOW_SIZE } from "../../../slowpath/flow/flow-layout.ts";
import { type UnixctlCommand, UnixctlError } from "../../command.ts";
import { portNames } from "../../datapaths.ts";
import { readKey } from "../../odp-text.ts";
import { readFrame } from "../../trace-words.ts";
import type { Vswitchd } from "../../vswitchd.ts";

/** Payload of a packet that is given as a flow, when its length is not. */
const PAYLOAD = 64;
/** Without its checksum. */
const SHORTEST_FRAME = 60;

const isKnown = ({ dummies }: Vswitchd): boolean => dummies !== undefined;

const receive: UnixctlCommand = {
  name: "netdev-dummy/receive",
  usage: "name [--qid queue_id] packet|flow [--len packet_len]",
  minimum: 2,
  maximum: Number.POSITIVE_INFINITY,
  isKnown,
  run(daemon, [name, ...words]) {
    const rest = words[0] === "--qid" ? words.slice(2) : words;
    const frames: Uint8Array[] = [];
    for (let at = 0; at < rest.length; at++) {
      const text = rest[at];
      const length = rest[at + 1] === "--len" ? Number.parseInt(rest[at + 2] ?? "", 10) || 0 : undefined;
      if (length !== undefined) at += 2;
      frames.push(frameOf(daemon, text, length));
    }
    if (!daemon.dummies!.receive(name, frames)) throw new UnixctlError("no such dummy netdev");
    return "";
  },
};

/** Of hexadecimal digits, or of a datapath key: such a packet as would have it. */
function frameOf(daemon: Vswitchd, text: string, length: number | undefined): Uint8Array {
  if (/^([0-9a-f]{2}\s*)+$/i.test(text)) return readFrame(text);
  if (length !== undefined && length < SHORTEST_FRAME) throw new UnixctlError("too small packet len");
  const key = readKey(text, portNames(daemon));
  if (typeof key === "string") throw new UnixctlError(key);
  const flow = new Uint8Array(FLOW_SIZE);
  flow.set(key.key);
  if (length === undefined) return composeFrame(flow, counting(PAYLOAD));
  const headers = composeFrame(flow, new Uint8Array(0)).length;
  if (headers > length) throw new UnixctlError("too small packet len");
  // What carries no payload is filled up behind its end.
  const frame = new Uint8Array(length);
  frame.set(composeFrame(flow, counting(length - headers)));
  return frame;
}

function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i);
}

const setAdminState: UnixctlCommand = {
  name: "netdev-dummy/set-admin-state",
  usage: "[netdev] up|down",
  minimum: 1,
  maximum: 2,
  isKnown,
  run(daemon, words) {
    const state = words.at(-1)!.toLowerCase();
    if (state !== "up" && state !== "down") throw new UnixctlError("Invalid Admin State");
    const name = words.length > 1 ? words[0] : undefined;
    if (!daemon.dummies!.setUp(name, state === "up")) throw new UnixctlError("Unknown Dummy Interface");
    return "OK";
  },
};

const connectionState: UnixctlCommand = {
  name: "netdev-dummy/conn-state",
  usage: "[netdev]",
  minimum: 0,
  maximum: 1,
  isKnown,
  run(daemon, [name]) {
    const connections = new Map(daemon.dummies!.connections());
    const line = (one: string): string => {
      const connected = connections.get(one);
      return `${one}: ${connected === undefined ? "unknown" : connected ? "connected" : "disconnected"}\n`;
    };
    return name === undefined ? [...connections.keys()].map(line).join("") : line(name);
  },
};

function addressCommand(name: string, bytes: 4 | 16): UnixctlCommand {
  return {
    name: `netdev-dummy/${name}`,
    usage: bytes === 4 ? "[netdev] ipaddr/mask-prefix-len" : "[netdev] ip6addr",
    minimum: 2,
    maximum: 2,
    isKnown,
    run(daemon, [device, text]) {
      const prefix = parseAddress(text, bytes);
      if (prefix === undefined) throw new UnixctlError(`${text}: invalid IP${bytes === 4 ? "" : "v6"} address`);
      if (!daemon.dummies!.addAddress(device, prefix)) throw new UnixctlError("Unknown Dummy Interface");
      return "OK";
    },
  };
}

export const dummyCommands: readonly UnixctlCommand[] = [
  connectionState,
  addressCommand("ip4addr", 4),
  addressCommand("ip6addr", 16),
  receive,
  setAdminState,
];
