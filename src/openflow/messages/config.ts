/** GET_CONFIG and SET_CONFIG: how fragments are treated, how much of a packet a controller gets. */
import { OpenFlowError } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import { OF13 } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { emptyMessage, type MessageCodec, message } from "./definition.ts";

export const fragmentModes = ["normal", "drop", "reassemble", "nx-match"] as const;

export interface SwitchConfig {
  readonly fragments: (typeof fragmentModes)[number];
  /** OpenFlow 1.0 to 1.2: packets whose TTL is used up go to the controller. */
  readonly invalidTtlToController: boolean;
  /** Bytes of a packet-in; 0 on a service connection: no asynchronous messages at all. */
  readonly missSendLength: number;
}

export interface GetConfigRequest {
  readonly type: "get_config_request";
}

export interface GetConfigReply extends SwitchConfig {
  readonly type: "get_config_reply";
}

export interface SetConfig extends SwitchConfig {
  readonly type: "set_config";
}

const FRAGMENTS = 3;
const INVALID_TTL = 1 << 2;

function read(body: Reader, version: number): SwitchConfig {
  const flags = body.u16();
  const missSendLength = body.u16();
  if (flags & ~(FRAGMENTS | (version < OF13 ? INVALID_TTL : 0))) {
    throw new OpenFlowError("OFPSCFC_BAD_FLAGS", `configuration flags 0x${flags.toString(16)}`);
  }
  return {
    fragments: fragmentModes[flags & FRAGMENTS],
    invalidTtlToController: (flags & INVALID_TTL) !== 0,
    missSendLength,
  };
}

function write(writer: Writer, config: SwitchConfig, version: number): void {
  const ttl = config.invalidTtlToController && version < OF13 ? INVALID_TTL : 0;
  writer.u16(fragmentModes.indexOf(config.fragments) | ttl);
  writer.u16(config.missSendLength);
}

export const getConfigRequest = emptyMessage<GetConfigRequest>({ type: "get_config_request" }, [message("1.0+", 7)]);

export const getConfigReply: MessageCodec<GetConfigReply> = {
  type: "get_config_reply",
  places: [message("1.0+", 8)],
  read: (body, { version }) => ({ type: "get_config_reply", ...read(body, version) }),
  write: (writer, config, { version }) => write(writer, config, version),
};

export const setConfig: MessageCodec<SetConfig> = {
  type: "set_config",
  places: [message("1.0+", 9)],
  read: (body, { version }) => ({ type: "set_config", ...read(body, version) }),
  write: (writer, config, { version }) => write(writer, config, version),
};
