/** Who the switch is, and what it does not have. */
import { OpenFlowError } from "../wire/errors.ts";
import type { MessageOf, Request } from "./handler.ts";

/** The release of Open vSwitch whose behaviour this is, and that `ovs-vswitchd --version` names: tools look for it. */
export const SOFTWARE = "3.1.0";

export function description({ session, envelope }: Request<MessageOf<"description_request">>): void {
  session.reply(envelope, {
    type: "description_reply",
    manufacturer: "Nicira, Inc.",
    hardware: "Open vSwitch",
    software: SOFTWARE,
    serialNumber: "None",
    datapath: "None",
  });
}

export function ipfix(): never {
  throw new OpenFlowError("NXST_NOT_CONFIGURED", "there is no IPFIX");
}
