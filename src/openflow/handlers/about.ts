/** Who the switch is, and what it does not have. */
import packageJson from "../../../package.json" with { type: "json" };
import { OpenFlowError } from "../wire/errors.ts";
import type { MessageOf, Request } from "./handler.ts";

/** Maker and hardware are what tools that look for Open vSwitch expect. */
export function description({ session, envelope }: Request<MessageOf<"description_request">>): void {
  session.reply(envelope, {
    type: "description_reply",
    manufacturer: "Nicira, Inc.",
    hardware: "Open vSwitch",
    software: packageJson.version,
    serialNumber: "None",
    datapath: "None",
  });
}

export function ipfix(): never {
  throw new OpenFlowError("NXST_NOT_CONFIGURED", "there is no IPFIX");
}
