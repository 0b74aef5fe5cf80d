/**
 * The connection table: records, hash chains, the free list.
 *
 * What: records of CONNECTION_SIZE in one array; free ones in a list, never used ones past the high-water mark (so that
 *   a limit of a million costs no RAM until it is reached). A chain link is the address of a record, its lowest bit the
 *   direction linked. A connection whose reply is the original reversed is linked once, because the hash is
 *   symmetric; a translated one is linked by both tuples.
 * Invariants: a record changes identity only while its state says WRITING, so that readers in other threads can tell
 *   a torn copy (they read the state before and after). No two live records have a tuple in common, save that the reply
 *   of an untranslated connection may equal a translated one's: the younger is found.
 * Cost: a hit reads the bucket and the record's first line. A connection costs 192 bytes, 200 with its buckets.
 */

import { count } from "../counters.ts";
import { CONN_CHAIN, CONN_FLAGS, CONN_FLAG_FTP, CONN_FLAG_RELATED, CONN_FLAG_TFTP, CONN_FLAG_TWO_CHAINS, CONN_KEY, CONN_STATE, CONN_STATE_FREE, CONN_STATE_LIVE, CONN_STATE_MASK, CONN_STATE_WRITING, CONN_TUPLE, CONN_ZONE, CT_BUCKETS, CT_BUCKET_TABLE, CT_COUNT, CT_FREE, CT_HIGH_WATER, LOOKUP_HASH, LOOKUP_KEY, TUPLE_SIZE } from "../layout/conntrack.ts";
import { COUNTER_CT_COUNT, COUNTER_CT_CREATED, COUNTER_CT_EXPIRED } from "../layout/counter.ts";
import { CONNECTION_SIZE } from "../layout/limits.ts";
import { CONNECTIONS_BASE, CONNECTIONS_END, CONNTRACK_BASE, COUNTERS_BASE, MAX_CONNECTIONS } from "../memory.ts";
import { isExpired } from "../offload/connection.ts";
import { isOffloading } from "../offload/path.ts";
import { withdrawConnection } from "../offload/withdraw.ts";
import { dismissChild, dismissParent } from "./expectation.ts";
import { zoneEntry, zoneLeave } from "./limits.ts";
import { directionOf, hashTuple } from "./tuple.ts";
import { unschedule } from "./wheel.ts";

@inline
export function bucketOf(hash: u32): usize {
  return CONNTRACK_BASE + CT_BUCKET_TABLE + (<usize>(hash & (CT_BUCKETS - 1)) << 2);
}

@inline
export function recordOf(link: usize): usize {
  return link & ~(<usize>1);
}

@inline
export function directionBit(link: usize): usize {
  return link & 1;
}

/** True when `address` is that of a live record, whatever number it is. */
export function isConnection(address: usize): bool {
  if (address < CONNECTIONS_BASE || address >= CONNECTIONS_END) return false;
  if (<u32>(address - CONNECTIONS_BASE) % CONNECTION_SIZE != 0) return false;
  return (load<u32>(address, CONN_STATE) & CONN_STATE_MASK) == CONN_STATE_LIVE;
}

/** The live connection that has the look-up's tuple, | 1 when it is the reply's; 0 = none. Removes expired ones. */
export function findConnection(lookup: usize, now: u64): usize {
  return findInBucket(bucketOf(load<u32>(lookup, LOOKUP_HASH)), lookup, now);
}

/** The same, when the tuple's bucket is known. */
export function findInBucket(bucket: usize, lookup: usize, now: u64): usize {
  const key = load<u32>(lookup, LOOKUP_KEY);
  let link = <usize>load<u32>(bucket);
  while (link != 0) {
    const connection = recordOf(link);
    if (load<u32>(connection, CONN_KEY) == key) {
      const direction = directionOf(connection, lookup);
      if (direction >= 0) {
        if (!isExpired(connection, now)) return connection | <usize>direction;
        count(COUNTER_CT_EXPIRED);
        removeConnection(connection);
        link = <usize>load<u32>(bucket);
        continue;
      }
    }
    link = <usize>load<u32>(connection + (directionBit(link) << 2), CONN_CHAIN);
  }
  return 0;
}

/** A zeroed record in state WRITING, or 0 when the array is full. Not counted before `publishConnection`. */
export function allocateConnection(): usize {
  let connection = <usize>load<u32>(CONNTRACK_BASE, CT_FREE);
  if (connection != 0) {
    store<u32>(CONNTRACK_BASE, load<u32>(connection, CONN_CHAIN), CT_FREE);
  } else {
    const index = load<u32>(CONNTRACK_BASE, CT_HIGH_WATER);
    if (index >= <u32>MAX_CONNECTIONS) return 0;
    connection = CONNECTIONS_BASE + <usize>index * CONNECTION_SIZE;
    atomic.store<u32>(CONNTRACK_BASE, index + 1, CT_HIGH_WATER);
  }
  const changes = (load<u32>(connection, CONN_STATE) & ~CONN_STATE_MASK) + CONN_STATE_MASK + 1;
  atomic.store<u32>(connection, changes | CONN_STATE_WRITING, CONN_STATE);
  memory.fill(connection + CONN_KEY, 0, CONNECTION_SIZE - CONN_KEY);
  return connection;
}

/** Gives a record back that was never published. */
export function abandonConnection(connection: usize): void {
  store<u32>(connection, load<u32>(CONNTRACK_BASE, CT_FREE), CONN_CHAIN);
  store<u32>(CONNTRACK_BASE, <u32>connection, CT_FREE);
  atomic.store<u32>(connection, (load<u32>(connection, CONN_STATE) & ~CONN_STATE_MASK) | CONN_STATE_FREE, CONN_STATE);
}

@inline
function link(connection: usize, direction: usize): void {
  const bucket = bucketOf(hashTuple(connection + CONN_TUPLE + direction * TUPLE_SIZE, load<u32>(connection, CONN_KEY)));
  store<u32>(connection + (direction << 2), load<u32>(bucket), CONN_CHAIN);
  store<u32>(bucket, <u32>(connection | direction));
}

function unlink(connection: usize, direction: usize): void {
  let place = bucketOf(hashTuple(connection + CONN_TUPLE + direction * TUPLE_SIZE, load<u32>(connection, CONN_KEY)));
  const wanted = <u32>(connection | direction);
  for (let found = load<u32>(place); found != 0; found = load<u32>(place)) {
    if (found == wanted) {
      store<u32>(place, load<u32>(connection + (direction << 2), CONN_CHAIN));
      return;
    }
    place = recordOf(found) + CONN_CHAIN + (directionBit(found) << 2);
  }
}

/** Connections in the chain for a direction's tuple that have a tuple of this one, too: what was known of their packets holds no longer. */
function supersede(connection: usize, direction: usize): void {
  const key = load<u32>(connection, CONN_KEY);
  let link = <usize>load<u32>(bucketOf(hashTuple(connection + CONN_TUPLE + direction * TUPLE_SIZE, key)));
  while (link != 0) {
    const other = recordOf(link);
    link = <usize>load<u32>(other + (directionBit(link) << 2), CONN_CHAIN);
    if (load<u32>(other, CONN_KEY) != key || !shareTuple(connection, other)) continue;
    withdrawConnection(other);
    beginChange(other);
    endChange(other);
  }
}

function shareTuple(a: usize, b: usize): bool {
  const original = v128.load(a, CONN_TUPLE);
  const reply = v128.load(a, CONN_TUPLE + TUPLE_SIZE);
  for (let direction: usize = 0; direction < 2; direction++) {
    const tuple = v128.load(b + direction * TUPLE_SIZE, CONN_TUPLE);
    if (!v128.any_true(v128.xor(tuple, original)) || !v128.any_true(v128.xor(tuple, reply))) return true;
  }
  return false;
}

/** Links a filled record and makes it visible. */
export function publishConnection(connection: usize): void {
  if (isOffloading()) {
    supersede(connection, 0);
    if (load<u32>(connection, CONN_FLAGS) & CONN_FLAG_TWO_CHAINS) supersede(connection, 1);
  }
  link(connection, 0);
  if (load<u32>(connection, CONN_FLAGS) & CONN_FLAG_TWO_CHAINS) link(connection, 1);
  const state = load<u32>(connection, CONN_STATE);
  atomic.store<u32>(connection, (state & ~CONN_STATE_MASK) | CONN_STATE_LIVE, CONN_STATE);
  zoneEntry(load<u16>(connection, CONN_ZONE));
  setCount(load<u32>(CONNTRACK_BASE, CT_COUNT) + 1);
  count(COUNTER_CT_CREATED);
}

/** Takes a live connection out of every list and frees its record. */
export function removeConnection(connection: usize): void {
  withdrawConnection(connection);
  const state = (load<u32>(connection, CONN_STATE) & ~CONN_STATE_MASK) + CONN_STATE_MASK + 1;
  atomic.store<u32>(connection, state | CONN_STATE_WRITING, CONN_STATE);
  const flags = load<u32>(connection, CONN_FLAGS);
  unlink(connection, 0);
  if (flags & CONN_FLAG_TWO_CHAINS) unlink(connection, 1);
  unschedule(connection);
  if (flags & CONN_FLAG_RELATED) dismissChild(connection);
  if (flags & (CONN_FLAG_FTP | CONN_FLAG_TFTP)) dismissParent(connection);
  zoneLeave(load<u16>(connection, CONN_ZONE));
  setCount(load<u32>(CONNTRACK_BASE, CT_COUNT) - 1);
  abandonConnection(connection);
}

@inline
function setCount(connections: u32): void {
  store<u32>(CONNTRACK_BASE, connections, CT_COUNT);
  store<u64>(COUNTERS_BASE, connections, COUNTER_CT_COUNT * 8);
}

/** Brackets a change that readers must not see half done (a label): call before and after it. */
@inline
export function beginChange(connection: usize): void {
  const state = (load<u32>(connection, CONN_STATE) & ~CONN_STATE_MASK) + CONN_STATE_MASK + 1;
  atomic.store<u32>(connection, state | CONN_STATE_WRITING, CONN_STATE);
}

@inline
export function endChange(connection: usize): void {
  const state = load<u32>(connection, CONN_STATE);
  atomic.store<u32>(connection, (state & ~CONN_STATE_MASK) | CONN_STATE_LIVE, CONN_STATE);
}
