/**
 * Timeout policies: seconds by protocol state, in the order of TIMEOUT_*. Policy 0 is the default.
 *
 * The defaults are those of OVS's userspace conntrack, and for SCTP, which it lacks, what lets an association live
 * through four lost heartbeats (RFC 9260 §15: HB.interval 30 s, RTO.Max 60 s).
 */
import { CT_TIMEOUT_TABLE, MAX_TIMEOUT_POLICIES, TIMEOUT_COUNT, TIMEOUT_ICMP_FIRST, TIMEOUT_ICMP_REPLY, TIMEOUT_OTHER_BIDIRECTIONAL, TIMEOUT_OTHER_FIRST, TIMEOUT_OTHER_MULTIPLE, TIMEOUT_POLICY_SIZE, TIMEOUT_SCTP_CLOSING, TIMEOUT_SCTP_ESTABLISHED, TIMEOUT_SCTP_OPENING, TIMEOUT_TCP_CLOSED, TIMEOUT_TCP_CLOSING, TIMEOUT_TCP_ESTABLISHED, TIMEOUT_TCP_FIN_WAIT, TIMEOUT_TCP_FIRST_PACKET, TIMEOUT_TCP_OPENING } from "../layout/conntrack.ts";
import { CONNTRACK_BASE } from "../memory.ts";

@inline
function policyRecord(policy: i32): usize {
  return CONNTRACK_BASE + CT_TIMEOUT_TABLE + <usize>policy * TIMEOUT_POLICY_SIZE;
}

function defaultSeconds(timeout: i32): u32 {
  switch (timeout) {
    case TIMEOUT_TCP_FIRST_PACKET:
    case TIMEOUT_TCP_OPENING:
    case TIMEOUT_TCP_CLOSED:
    case TIMEOUT_OTHER_BIDIRECTIONAL:
    case TIMEOUT_ICMP_REPLY:
    case TIMEOUT_SCTP_OPENING:
    case TIMEOUT_SCTP_CLOSING:
      return 30;
    case TIMEOUT_TCP_ESTABLISHED:
      return 24 * 60 * 60;
    case TIMEOUT_TCP_CLOSING:
      return 15 * 60;
    case TIMEOUT_TCP_FIN_WAIT:
      return 45;
    case TIMEOUT_OTHER_FIRST:
    case TIMEOUT_OTHER_MULTIPLE:
    case TIMEOUT_ICMP_FIRST:
      return 60;
    case TIMEOUT_SCTP_ESTABLISHED:
      return 210;
    default:
      return 60;
  }
}

/** Every policy starts as the default one, so that an unknown policy number needs no check on the packet's way. */
export function initializeTimeouts(): void {
  for (let policy: i32 = 0; policy < MAX_TIMEOUT_POLICIES; policy++) {
    const record = policyRecord(policy);
    for (let timeout: i32 = 0; timeout < TIMEOUT_COUNT; timeout++) {
      store<u32>(record + (<usize>timeout << 2), defaultSeconds(timeout));
    }
  }
}

/** COMMAND_CT_TIMEOUT: policy, then seconds in the order of TIMEOUT_* (0 = the default). */
export function setTimeoutPolicy(args: usize): void {
  const policy = <i32>load<u32>(args);
  if (policy < 0 || policy >= MAX_TIMEOUT_POLICIES) return;
  const record = policyRecord(policy);
  for (let timeout: i32 = 0; timeout < TIMEOUT_COUNT; timeout++) {
    const seconds = load<u32>(args + 4 + (<usize>timeout << 2));
    store<u32>(record + (<usize>timeout << 2), seconds != 0 ? seconds : defaultSeconds(timeout));
  }
}
