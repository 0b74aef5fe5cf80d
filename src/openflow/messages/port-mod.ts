/** PORT_MOD: configuration bits of a port; `mask` says which. */
import { OpenFlowError } from "../wire/errors.ts";
import { portFrom32 } from "../wire/ports.ts";
import { readProperties, unknownProperty } from "../wire/property.ts";
import { OF10, OF14 } from "../wire/version.ts";
import { type MessageCodec, message } from "./definition.ts";
import { type PortConfig, portConfigOf } from "./port.ts";

export interface PortMod {
  readonly type: "port_mod";
  readonly port: number;
  /** 6 bytes: must be the port's. */
  readonly address: Uint8Array;
  readonly config: PortConfig;
  readonly mask: PortConfig;
}

const ETHERNET = 0;

function portOf(number: number): number {
  try {
    return portFrom32(number);
  } catch {
    throw new OpenFlowError("OFPPMFC_BAD_PORT", `port ${number}`);
  }
}

export const portMod: MessageCodec<PortMod> = {
  type: "port_mod",
  places: [message("1.0", 15), message("1.1+", 16)],
  read(body, { version }) {
    const port = version === OF10 ? body.u16() : portOf(body.u32());
    if (version !== OF10) body.skip(4);
    const address = body.bytes(6).slice();
    if (version !== OF10) body.skip(2);
    const config = portConfigOf(body.u32(), version);
    const mask = portConfigOf(body.u32(), version);
    // What it advertises is the device's affair.
    if (version < OF14) body.skip(8);
    else {
      for (const property of readProperties(body)) {
        if (property.experimenter !== 0 || property.type !== ETHERNET) throw unknownProperty(property);
      }
    }
    return { type: "port_mod", port, address, config, mask };
  },
};
