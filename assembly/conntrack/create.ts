/** ct(commit): a connection for a packet that has none. */
import { CONN_FLAGS, CONN_FLAG_DNAT, CONN_FLAG_FTP, CONN_FLAG_RELATED, CONN_FLAG_SNAT, CONN_FLAG_TFTP, CONN_FLAG_TWO_CHAINS, CONN_KEY, CONN_POLICY, CONN_TUPLE, CT_CANDIDATE, LOOKUP_KEY, MAX_TIMEOUT_POLICIES, TUPLE_DST, TUPLE_DST_L4, TUPLE_SIZE, TUPLE_SRC, TUPLE_SRC_L4 } from "../layout/conntrack.ts";
import { DROP_CT_FULL, DROP_CT_NAT_EXHAUSTED } from "../layout/counter.ts";
import { PACKET_BUCKET } from "../layout/packet.ts";
import { BUCKET_CONNECTIONS, CT_FLAG_NAT, CT_HELPER_FTP, CT_HELPER_TFTP, NAT_FLAG_DST, NAT_FLAG_SRC, OP_CT_FLAGS, OP_CT_HELPER, OP_CT_NAT_FLAGS, OP_CT_TIMEOUT_POLICY } from "../layout/program.ts";
import { CONNTRACK_BASE } from "../memory.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../packet/protocol.ts";
import { adopt, replaceReplyAddress } from "./expectation.ts";
import { mayAdmit } from "./limits.ts";
import { chooseReply } from "./nat.ts";
import { createState } from "./protocol.ts";
import { abandonConnection, allocateConnection, publishConnection } from "./table.ts";
import { loadTuple, protocolOf, reverseLookup, storeTuple } from "./tuple.ts";

/** What `createConnection` returns in the place of a connection: below any address of a record. */
export const REFUSED_FULL: usize = 1 + DROP_CT_FULL;
export const REFUSED_EXHAUSTED: usize = 1 + DROP_CT_NAT_EXHAUSTED;
const LAST_REFUSAL: usize = 256;

@inline
export function isRefusal(connection: usize): bool {
  return connection < LAST_REFUSAL;
}

/** DROP_* of a refusal. */
@inline
export function refusalReason(refusal: usize): i32 {
  return <i32>refusal - 1;
}

/** The reply tuple of a child is its own reversed, with the address that the expectation names. */
function chooseChildReply(connection: usize, expectation: usize, translated: bool): u32 {
  const candidate = CONNTRACK_BASE + CT_CANDIDATE;
  loadTuple(candidate, connection, 0);
  reverseLookup(candidate);
  let flags: u32 = 0;
  if (translated) flags = replaceReplyAddress(candidate, expectation) ? CONN_FLAG_SNAT : CONN_FLAG_DNAT;
  storeTuple(connection, 1, candidate);
  return flags;
}

function reverseReply(connection: usize): void {
  const candidate = CONNTRACK_BASE + CT_CANDIDATE;
  loadTuple(candidate, connection, 0);
  reverseLookup(candidate);
  storeTuple(connection, 1, candidate);
}

/** True when the reply tuple is not the original reversed. Digests tell IPv6 addresses apart well enough to link. */
@inline
function needsTwoChains(connection: usize): bool {
  const original = connection + CONN_TUPLE;
  const reply = original + TUPLE_SIZE;
  return (
    load<u32>(original, TUPLE_SRC) != load<u32>(reply, TUPLE_DST) ||
    load<u32>(original, TUPLE_DST) != load<u32>(reply, TUPLE_SRC) ||
    load<u32>(original, TUPLE_SRC_L4) != load<u32>(reply, TUPLE_DST_L4) ||
    load<u32>(original, TUPLE_DST_L4) != load<u32>(reply, TUPLE_SRC_L4)
  );
}

function helperFlag(instruction: usize, protocol: u32): u32 {
  const helper = load<u32>(instruction, OP_CT_HELPER);
  if (helper == CT_HELPER_FTP && protocol == PROTOCOL_TCP) return CONN_FLAG_FTP;
  if (helper == CT_HELPER_TFTP && protocol == PROTOCOL_UDP) return CONN_FLAG_TFTP;
  return 0;
}

/** The new connection, published, or a refusal. `expectation` (0 = none) foresaw it. */
export function createConnection(
  packet: usize,
  instruction: usize,
  lookup: usize,
  expectation: usize,
  now: u64,
): usize {
  const key = load<u32>(lookup, LOOKUP_KEY);
  if (!mayAdmit(key & 0xffff)) return REFUSED_FULL;
  const connection = allocateConnection();
  if (connection == 0) return REFUSED_FULL;
  store<u32>(connection, key, CONN_KEY);
  storeTuple(connection, 0, lookup);
  const policy: i32 = load<u16>(instruction, OP_CT_TIMEOUT_POLICY);
  store<u16>(connection, <u16>(policy < MAX_TIMEOUT_POLICIES ? policy : 0), CONN_POLICY);

  let flags = helperFlag(instruction, protocolOf(key));
  const natGiven = (load<u32>(instruction, OP_CT_FLAGS) & CT_FLAG_NAT) != 0;
  const natFlags = natGiven ? load<u32>(instruction, OP_CT_NAT_FLAGS) : 0;
  if (expectation != 0) {
    flags |= CONN_FLAG_RELATED | chooseChildReply(connection, expectation, natGiven);
  } else if (natFlags & (NAT_FLAG_SRC | NAT_FLAG_DST)) {
    if (!chooseReply(connection, instruction, now)) {
      abandonConnection(connection);
      return REFUSED_EXHAUSTED;
    }
    flags |= natFlags & NAT_FLAG_SRC ? CONN_FLAG_SNAT : CONN_FLAG_DNAT;
  } else {
    reverseReply(connection);
  }
  if (needsTwoChains(connection)) flags |= CONN_FLAG_TWO_CHAINS;
  store<u32>(connection, flags, CONN_FLAGS);
  if (expectation != 0) adopt(connection, expectation);
  createState(connection, packet, now);
  publishConnection(connection);

  const bucket = <usize>load<u32>(packet, PACKET_BUCKET);
  if (bucket != 0) store<u64>(bucket, load<u64>(bucket, BUCKET_CONNECTIONS) + 1, BUCKET_CONNECTIONS);
  return connection;
}
