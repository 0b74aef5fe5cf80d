/** `encap(…)` and `decap(…)`. Not handled: NSH, and properties of headers. */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { PACKET_TYPE_ETHERNET, PACKET_TYPE_MPLS, PACKET_TYPE_MPLS_MULTICAST } from "../../slowpath/flow/packet-type.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { type ActionCodec, nicira, writeNicira } from "./definition.ts";

const ENCAP = 46;
const DECAP = 47;
const LENGTH = 16;
const headers: readonly number[] = [PACKET_TYPE_ETHERNET, PACKET_TYPE_MPLS, PACKET_TYPE_MPLS_MULTICAST];

export const encap: ActionCodec<ActionOf<"encap">> = {
  type: "encap",
  forms: [
    nicira("1.0+", ENCAP, undefined, (body) => {
      body.skip(2); // the header's size, of use for NSH only
      const packetType = body.u32();
      if (!headers.includes(packetType)) {
        throw new OpenFlowError("NXBAC_BAD_HEADER_TYPE", `encap of packet type 0x${packetType.toString(16)}`);
      }
      body.zeros(body.remaining, "OFPBAC_BAD_ARGUMENT");
      return { type: "encap", packetType };
    }),
  ],
  write(writer, { packetType }) {
    writeNicira(writer, ENCAP, () => {
      writer.u16(0);
      writer.u32(packetType);
    });
  },
};

export const decap: ActionCodec<ActionOf<"decap">> = {
  type: "decap",
  forms: [
    nicira("1.0+", DECAP, LENGTH, (body) => {
      body.skip(2);
      return { type: "decap", packetType: body.u32() };
    }),
  ],
  write(writer, { packetType }) {
    writeNicira(writer, DECAP, () => {
      writer.u16(0);
      writer.u32(packetType);
    });
  },
};
