/** Timeout policies: names of the seconds that COMMAND_CT_TIMEOUT carries in the order of TIMEOUT_*. */
import {
  TIMEOUT_COUNT,
  TIMEOUT_ICMP_FIRST,
  TIMEOUT_ICMP_REPLY,
  TIMEOUT_OTHER_BIDIRECTIONAL,
  TIMEOUT_OTHER_FIRST,
  TIMEOUT_OTHER_MULTIPLE,
  TIMEOUT_SCTP_CLOSING,
  TIMEOUT_SCTP_ESTABLISHED,
  TIMEOUT_SCTP_OPENING,
  TIMEOUT_TCP_CLOSED,
  TIMEOUT_TCP_CLOSING,
  TIMEOUT_TCP_ESTABLISHED,
  TIMEOUT_TCP_FIN_WAIT,
  TIMEOUT_TCP_FIRST_PACKET,
  TIMEOUT_TCP_OPENING,
} from "../../assembly/layout/conntrack.ts";
import type { TimeoutName, TimeoutPolicy } from "./datapath.ts";

const ORDER: Readonly<Record<TimeoutName, number>> = {
  tcpFirstPacket: TIMEOUT_TCP_FIRST_PACKET,
  tcpOpening: TIMEOUT_TCP_OPENING,
  tcpEstablished: TIMEOUT_TCP_ESTABLISHED,
  tcpClosing: TIMEOUT_TCP_CLOSING,
  tcpFinWait: TIMEOUT_TCP_FIN_WAIT,
  tcpClosed: TIMEOUT_TCP_CLOSED,
  otherFirst: TIMEOUT_OTHER_FIRST,
  otherMultiple: TIMEOUT_OTHER_MULTIPLE,
  otherBidirectional: TIMEOUT_OTHER_BIDIRECTIONAL,
  icmpFirst: TIMEOUT_ICMP_FIRST,
  icmpReply: TIMEOUT_ICMP_REPLY,
  sctpOpening: TIMEOUT_SCTP_OPENING,
  sctpEstablished: TIMEOUT_SCTP_ESTABLISHED,
  sctpClosing: TIMEOUT_SCTP_CLOSING,
};

/** Seconds in the order of TIMEOUT_*, 0 where the default is to stay. */
export function timeoutSeconds(policy: TimeoutPolicy): number[] {
  const seconds = new Array<number>(TIMEOUT_COUNT).fill(0);
  for (const name of Object.keys(policy) as TimeoutName[]) seconds[ORDER[name]] = policy[name] ?? 0;
  return seconds;
}
