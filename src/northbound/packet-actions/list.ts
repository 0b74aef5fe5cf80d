/** Every packet action. A new one is a file beside this, an opcode in userdata.ts and a line here. */
import { arpRequest } from "./arp-request.ts";
import { icmpError } from "./icmp-error.ts";
import { neighborAdvertisement } from "./neighbor-advertisement.ts";
import { neighborSolicitation } from "./neighbor-solicitation.ts";
import type { PacketAction } from "./packet-action.ts";
import { putFdb } from "./put-fdb.ts";
import { putArp, putNd } from "./put-neighbor.ts";
import { reject } from "./reject.ts";
import { sctpAbort } from "./sctp-abort.ts";
import { serviceCheck } from "./service-check.ts";
import { tcpReset } from "./tcp-reset.ts";

export const PACKET_ACTIONS: readonly PacketAction[] = [
  arpRequest,
  icmpError,
  neighborAdvertisement,
  neighborSolicitation,
  putArp,
  putFdb,
  putNd,
  reject,
  sctpAbort,
  serviceCheck,
  tcpReset,
];
