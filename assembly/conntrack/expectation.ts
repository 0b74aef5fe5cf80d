/**
 * Expectations: data connections that a control connection has announced (FTP, TFTP).
 *
 * What: an expectation names both addresses, the protocol and the destination port; the source port is any. The first
 *   and every later connection that fits is `rel`, inherits mark and label, and is translated as its parent is.
 * Invariants: EXPECTATION_CHILDREN counts live connections whose CONN_PARENT points here, so the record stays until
 *   they are gone (they show their parent's tuple); one whose parent has gone is out of the chains.
 * Cost: nothing while there are none. A parent keeps its MAX_EXPECTATIONS_PER_PARENT youngest.
 */
import { CONN_EXPECTATIONS, CONN_FLAGS, CONN_FLAG_DNAT, CONN_KEY, CONN_LABEL, CONN_MARK, CONN_PARENT, CONN_TUPLE, CONN_TUPLE6, CT_CANDIDATE, CT_EXPECTATIONS, CT_EXPECTATION_CHAINS, CT_EXPECTATION_FREE, CT_EXPECTATION_HIGH_WATER, CT_EXPECTATION_TABLE, LOOKUP_KEY, LOOKUP_TUPLE, LOOKUP_TUPLE6, TUPLE6_SIZE, TUPLE_DST, TUPLE_DST_L4, TUPLE_SIZE, TUPLE_SRC, TUPLE_SRC_L4 } from "../layout/conntrack.ts";
import { EXPECTATION_CHILDREN, EXPECTATION_FLAGS, EXPECTATION_KEY, EXPECTATION_LABEL, EXPECTATION_MARK, EXPECTATION_NEXT, EXPECTATION_PARENT_KEY, EXPECTATION_PARENT_TUPLE, EXPECTATION_PARENT_TUPLE6, EXPECTATION_REPLACEMENT, EXPECTATION_REPLACEMENT_DIGEST, EXPECTATION_SIBLING, EXPECTATION_SIZE, EXPECTATION_STATE, EXPECTATION_TUPLE, EXPECTATION_TUPLE6, MAX_EXPECTATIONS, MAX_EXPECTATIONS_PER_PARENT } from "../layout/expectation.ts";
import { CONNTRACK_BASE } from "../memory.ts";
import { equalAddresses6, hashTuple, isIpv6, loadTuple } from "./tuple.ts";

const FREE: u32 = 0;
const WAITING: u32 = 1;
const ORPHAN: u32 = 2;
const REPLACES_DESTINATION: u32 = 1;

@inline
function chainOf(tuple: usize, key: u32): usize {
  const hash = hashTuple(tuple, key);
  return CONNTRACK_BASE + CT_EXPECTATION_CHAINS + (<usize>(hash & (MAX_EXPECTATIONS - 1)) << 2);
}

/** The expectation that the look-up's packet answers, 0 = none. */
export function findExpectation(lookup: usize): usize {
  if (load<u32>(CONNTRACK_BASE, CT_EXPECTATIONS) == 0) return 0;
  const key = load<u32>(lookup, LOOKUP_KEY);
  const sourceL4 = load<u32>(lookup, LOOKUP_TUPLE + TUPLE_SRC_L4);
  store<u32>(lookup, 0, LOOKUP_TUPLE + TUPLE_SRC_L4);
  let found = <usize>load<u32>(chainOf(lookup + LOOKUP_TUPLE, key));
  while (found != 0) {
    if (
      load<u32>(found, EXPECTATION_KEY) == key &&
      load<u64>(found, EXPECTATION_TUPLE) == load<u64>(lookup, LOOKUP_TUPLE) &&
      load<u64>(found, EXPECTATION_TUPLE + 8) == load<u64>(lookup, LOOKUP_TUPLE + 8) &&
      (!isIpv6(key) || equalAddresses6(found + EXPECTATION_TUPLE6, lookup + LOOKUP_TUPLE6))
    ) {
      break;
    }
    found = <usize>load<u32>(found, EXPECTATION_NEXT);
  }
  store<u32>(lookup, sourceL4, LOOKUP_TUPLE + TUPLE_SRC_L4);
  return found;
}

function allocate(): usize {
  let record = <usize>load<u32>(CONNTRACK_BASE, CT_EXPECTATION_FREE);
  if (record != 0) {
    store<u32>(CONNTRACK_BASE, load<u32>(record, EXPECTATION_NEXT), CT_EXPECTATION_FREE);
  } else {
    const index = load<u32>(CONNTRACK_BASE, CT_EXPECTATION_HIGH_WATER);
    if (index >= <u32>MAX_EXPECTATIONS) return 0;
    store<u32>(CONNTRACK_BASE, index + 1, CT_EXPECTATION_HIGH_WATER);
    record = CONNTRACK_BASE + CT_EXPECTATION_TABLE + <usize>index * EXPECTATION_SIZE;
  }
  memory.fill(record, 0, EXPECTATION_SIZE);
  return record;
}

function release(expectation: usize): void {
  store<u32>(expectation, FREE, EXPECTATION_STATE);
  store<u32>(expectation, load<u32>(CONNTRACK_BASE, CT_EXPECTATION_FREE), EXPECTATION_NEXT);
  store<u32>(CONNTRACK_BASE, <u32>expectation, CT_EXPECTATION_FREE);
}

/** Takes an expectation out of its chain; the record goes when its last child does. */
function orphan(expectation: usize): void {
  let place = chainOf(expectation + EXPECTATION_TUPLE, load<u32>(expectation, EXPECTATION_KEY));
  for (let found = <usize>load<u32>(place); found != 0; found = <usize>load<u32>(place)) {
    if (found == expectation) {
      store<u32>(place, load<u32>(expectation, EXPECTATION_NEXT));
      break;
    }
    place = found + EXPECTATION_NEXT;
  }
  store<u32>(CONNTRACK_BASE, load<u32>(CONNTRACK_BASE, CT_EXPECTATIONS) - 1, CT_EXPECTATIONS);
  if (load<u32>(expectation, EXPECTATION_CHILDREN) == 0) release(expectation);
  else store<u32>(expectation, ORPHAN, EXPECTATION_STATE);
}

/** Forgets the oldest expectation of a parent that has made too many. */
function limitSiblings(parent: usize): void {
  let place = parent + CONN_EXPECTATIONS;
  for (let kept = 0; kept < MAX_EXPECTATIONS_PER_PARENT - 1; kept++) {
    const expectation = <usize>load<u32>(place);
    if (expectation == 0) return;
    place = expectation + EXPECTATION_SIBLING;
  }
  const oldest = <usize>load<u32>(place);
  if (oldest == 0) return;
  store<u32>(place, 0);
  orphan(oldest);
}

/**
 * Announces a connection to `port` (network order, as loaded): from client to server when the reply direction named it
 * (passive FTP), else from server to client. The child's reply gets the address that undoes the parent's translation.
 */
export function expectConnection(parent: usize, reply: usize, port: u32): void {
  const lookup = CONNTRACK_BASE + CT_CANDIDATE;
  const key = load<u32>(parent, CONN_KEY);
  const dnat = (load<u32>(parent, CONN_FLAGS) & CONN_FLAG_DNAT) != 0;
  // Passive: as the client addresses the server. Active: as the server addresses the client, the reply tuple.
  loadTuple(lookup, parent, reply ^ 1);
  store<u32>(lookup, 0, LOOKUP_TUPLE + TUPLE_SRC_L4);
  store<u32>(lookup, port, LOOKUP_TUPLE + TUPLE_DST_L4);
  if (findExpectation(lookup) != 0) return;
  limitSiblings(parent);
  const expectation = allocate();
  if (expectation == 0) return;

  store<u32>(expectation, key, EXPECTATION_KEY);
  v128.store(expectation, v128.load(lookup, LOOKUP_TUPLE), EXPECTATION_TUPLE);
  memory.copy(expectation + EXPECTATION_TUPLE6, lookup + LOOKUP_TUPLE6, TUPLE6_SIZE);
  store<u32>(expectation, load<u32>(parent, CONN_MARK), EXPECTATION_MARK);
  memory.copy(expectation + EXPECTATION_LABEL, parent + CONN_LABEL, 16);
  store<u32>(expectation, key, EXPECTATION_PARENT_KEY);
  memory.copy(expectation + EXPECTATION_PARENT_TUPLE, parent + CONN_TUPLE, TUPLE_SIZE);
  memory.copy(expectation + EXPECTATION_PARENT_TUPLE6, parent + CONN_TUPLE6, TUPLE6_SIZE);

  // Passive, DNAT: the child's reply comes from the real server; SNAT: it goes to the translated client. Active, the
  // other way round: the server's packets are shown as the virtual server's, or reach the real client.
  const passive = reply != 0;
  const destination = passive != dnat;
  const direction: usize = passive ? 1 : 0;
  const tuple = parent + CONN_TUPLE + direction * TUPLE_SIZE + (destination ? TUPLE_DST : TUPLE_SRC);
  store<u32>(expectation, destination ? REPLACES_DESTINATION : 0, EXPECTATION_FLAGS);
  store<u32>(expectation, load<u32>(tuple), EXPECTATION_REPLACEMENT_DIGEST);
  if (isIpv6(key)) {
    const tuple6 = parent + CONN_TUPLE6 + direction * TUPLE6_SIZE + (destination ? 16 : 0);
    memory.copy(expectation + EXPECTATION_REPLACEMENT, tuple6, 16);
  } else {
    store<u32>(expectation, load<u32>(tuple), EXPECTATION_REPLACEMENT);
  }

  const chain = chainOf(expectation + EXPECTATION_TUPLE, key);
  store<u32>(expectation, load<u32>(chain), EXPECTATION_NEXT);
  store<u32>(chain, <u32>expectation);
  store<u32>(expectation, load<u32>(parent, CONN_EXPECTATIONS), EXPECTATION_SIBLING);
  store<u32>(parent, <u32>expectation, CONN_EXPECTATIONS);
  store<u32>(expectation, WAITING, EXPECTATION_STATE);
  store<u32>(CONNTRACK_BASE, load<u32>(CONNTRACK_BASE, CT_EXPECTATIONS) + 1, CT_EXPECTATIONS);
}

/** Makes an unpublished connection the child of an expectation. */
export function adopt(connection: usize, expectation: usize): void {
  store<u32>(connection, <u32>expectation, CONN_PARENT);
  store<u32>(connection, load<u32>(expectation, EXPECTATION_MARK), CONN_MARK);
  memory.copy(connection + CONN_LABEL, expectation + EXPECTATION_LABEL, 16);
  store<u32>(expectation, load<u32>(expectation, EXPECTATION_CHILDREN) + 1, EXPECTATION_CHILDREN);
}

/** Puts the expectation's address into the child's reply tuple in `lookup`; true when that makes it SNAT, else DNAT. */
export function replaceReplyAddress(lookup: usize, expectation: usize): bool {
  const destination = (load<u32>(expectation, EXPECTATION_FLAGS) & REPLACES_DESTINATION) != 0;
  store<u32>(
    lookup + LOOKUP_TUPLE + (destination ? TUPLE_DST : TUPLE_SRC),
    load<u32>(expectation, EXPECTATION_REPLACEMENT_DIGEST),
  );
  if (isIpv6(load<u32>(lookup, LOOKUP_KEY))) {
    memory.copy(lookup + LOOKUP_TUPLE6 + (destination ? 16 : 0), expectation + EXPECTATION_REPLACEMENT, 16);
  }
  return destination;
}

/** A child has gone. */
export function dismissChild(connection: usize): void {
  const expectation = <usize>load<u32>(connection, CONN_PARENT);
  const children = load<u32>(expectation, EXPECTATION_CHILDREN) - 1;
  store<u32>(expectation, children, EXPECTATION_CHILDREN);
  if (children == 0 && load<u32>(expectation, EXPECTATION_STATE) == ORPHAN) release(expectation);
}

/** A parent has gone: nobody else is expected on its behalf. */
export function dismissParent(connection: usize): void {
  let expectation = <usize>load<u32>(connection, CONN_EXPECTATIONS);
  while (expectation != 0) {
    const next = <usize>load<u32>(expectation, EXPECTATION_SIBLING);
    orphan(expectation);
    expectation = next;
  }
}
