/** Port numbers on the wire: 16 bits in OpenFlow 1.0, 32 later. Here they are always 16, as OVS has them. */
import { PORT_MAX, PORT_OFFSET_32 } from "../../slowpath/flow/port-text.ts";
import { OpenFlowError } from "./errors.ts";
import type { Reader } from "./reader.ts";
import { OF10, type Version } from "./version.ts";
import type { Writer } from "./writer.ts";

/** @throws OpenFlowError for a number that no port can have. */
export function portFrom32(number: number): number {
  if (number < PORT_MAX) return number;
  if (number >= PORT_OFFSET_32 + PORT_MAX) return number - PORT_OFFSET_32;
  throw new OpenFlowError("OFPBAC_BAD_OUT_PORT", `port ${number} is outside the supported range`);
}

export function portTo32(port: number): number {
  return port < PORT_MAX ? port : PORT_OFFSET_32 + port;
}

export function readPort(reader: Reader, version: Version): number {
  return version === OF10 ? reader.u16() : portFrom32(reader.u32());
}

export function writePort(writer: Writer, version: Version, port: number): void {
  if (version === OF10) writer.u16(port);
  else writer.u32(portTo32(port));
}
