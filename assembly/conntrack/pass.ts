/**
 * One whole packet through the tracker.
 *
 * What: find the connection (or the one that the packet's last pass in this zone found), judge the packet, translate
 *   it, create a connection when asked to, write the key's ct fields. Order and outcome follow OVS's userspace conntrack.
 * Differences: a packet that may not create its connection (limits, no reply tuple left) is dropped and counted; OVS
 *   lets it go on as `new`, untranslated.
 * Invariants: PACKET_CONNECTION is a hint. It is used only when it names a live record of this zone that has the
 *   packet's tuple, so a record that was freed or used again meanwhile does no harm.
 */
import { CONN_EXPIRES, CONN_FLAGS, CONN_FLAG_FTP, CONN_FLAG_OFFLOADED, CONN_FLAG_RELATED, CONN_FLAG_TFTP, CONN_KEY, CT_LOOKUP, LOOKUP_DIRECTION, LOOKUP_KEY, LOOKUP_RELATED, LOOKUP_TUPLE } from "../layout/conntrack.ts";
import { CONTROL_NOW } from "../layout/control.ts";
import { CT_STATE_DNAT, CT_STATE_ESTABLISHED, CT_STATE_INVALID, CT_STATE_NEW, CT_STATE_RELATED, CT_STATE_REPLY, CT_STATE_SNAT, CT_STATE_TRACKED, KEY_CT_STATE, KEY_CT_ZONE } from "../layout/key.ts";
import { PACKET_CONNECTION, PACKET_FLAGS, PACKET_FLAG_CSUM_GOOD, PACKET_KEY, PACKET_TRACK_BUCKET } from "../layout/packet.ts";
import { CT_FLAG_COMMIT, CT_FLAG_FORCE, CT_FLAG_NAT, OP_CT_FLAGS, OP_CT_ZONE } from "../layout/program.ts";
import { CONNTRACK_BASE, CONTROL_BASE } from "../memory.ts";
import { resumeConnection } from "../offload/connection.ts";
import { verifyTransportChecksum } from "../packet/checksum.ts";
import { inspectControl } from "./control.ts";
import { createConnection, isRefusal, refusalReason } from "./create.ts";
import { findExpectation } from "./expectation.ts";
import { extractTuple } from "./extract.ts";
import { applyMarkAndLabel, markAndLabelFrom, writeInvalid, writeTracked, writeUntracked } from "./metadata.ts";
import { opensConnection, updateState } from "./protocol.ts";
import { restoreAcknowledgement, shiftSequence } from "./sequence-skew.ts";
import { bucketOf, directionBit, findInBucket, isConnection, recordOf, removeConnection } from "./table.ts";
import { translate } from "./translate.ts";
import { directionOf, hashTuple, loadTuple, reverseLookup } from "./tuple.ts";
import { UPDATE_INVALID, UPDATE_NEW, UPDATE_VALID } from "./update.ts";

/** What `passConnection` returns for a packet that goes on; else a DROP_* reason. */
export const PASSED = -1;

const TRANSLATED: u32 = CT_STATE_SNAT | CT_STATE_DNAT;

/** The connection that an earlier pass found, | direction, when it still is this packet's; 0 = look it up. */
function remembered(packet: usize, lookup: usize, now: u64): usize {
  const connection = <usize>load<u32>(packet, PACKET_CONNECTION);
  if (connection == 0 || load<u32>(lookup, LOOKUP_RELATED) || !isConnection(connection)) return 0;
  if (load<u32>(connection, CONN_KEY) != load<u32>(lookup, LOOKUP_KEY)) return 0;
  if (load<u64>(connection, CONN_EXPIRES) <= now) return 0;
  const direction = directionOf(connection, lookup);
  if (direction >= 0) return connection | <usize>direction;
  // Translated already: it looks like the other direction reversed.
  reverseLookup(lookup);
  const other = directionOf(connection, lookup);
  reverseLookup(lookup);
  return other >= 0 ? connection | <usize>(other ^ 1) : 0;
}

/** A later pass in the same zone: the verdict stands, the state has been moved already. Translation may begin only here. */
function passAgain(packet: usize, instruction: usize, lookup: usize, link: usize, state: u32): void {
  const connection = recordOf(link);
  const key = <usize>load<u32>(packet, PACKET_KEY);
  store<u32>(lookup, <u32>directionBit(link), LOOKUP_DIRECTION);
  const begins = (load<u32>(instruction, OP_CT_FLAGS) & CT_FLAG_NAT) != 0 && !(state & TRANSLATED);
  if (begins) {
    const reply = directionBit(link);
    if (load<u32>(connection, CONN_FLAGS) & CONN_FLAG_FTP) {
      restoreAcknowledgement(packet, connection, reply);
      shiftSequence(packet, connection, reply);
    }
    state |= translate(packet, connection, reply, lookup);
    store<u16>(key, bswap<u16>(<u16>state), KEY_CT_STATE);
  }
  markAndLabelFrom(packet, connection);
  applyMarkAndLabel(packet, connection, instruction);
  if (begins) help(packet, connection, directionBit(link), true);
}

/** A control connection's packet may announce a data connection; what it says is translated with it. */
@inline
function help(packet: usize, connection: usize, reply: usize, translated: bool): void {
  if (load<u32>(connection, CONN_FLAGS) & (CONN_FLAG_FTP | CONN_FLAG_TFTP)) {
    inspectControl(packet, connection, reply, translated);
  }
}

/** Whether the L4 checksum is right too; with PACKET_FLAG_CSUM_GOOD the next zone need not add it up again. */
@inline
function hasGoodChecksums(packet: usize): bool {
  const flags = load<u16>(packet, PACKET_FLAGS);
  if ((flags & PACKET_FLAG_CSUM_GOOD) != 0) return true;
  if (!verifyTransportChecksum(packet)) return false;
  store<u16>(packet, flags | PACKET_FLAG_CSUM_GOOD, PACKET_FLAGS);
  return true;
}

/** Runs OP_CT on a packet that is no fragment. */
export function passConnection(packet: usize, instruction: usize): i32 {
  const now = load<u64>(CONTROL_BASE, CONTROL_NOW);
  const lookup = CONNTRACK_BASE + CT_LOOKUP;
  const key = <usize>load<u32>(packet, PACKET_KEY);
  const zone = <u32>load<u16>(instruction, OP_CT_ZONE);
  const bucket = <usize>load<u32>(packet, PACKET_TRACK_BUCKET);
  store<u32>(packet, 0, PACKET_TRACK_BUCKET); // it was for this action only
  const flags = load<u32>(instruction, OP_CT_FLAGS);
  // What was found out in another zone does not count here.
  let state = <u32>bswap<u16>(load<u16>(key, KEY_CT_STATE));
  if (bswap<u16>(load<u16>(key, KEY_CT_ZONE)) != zone) state = 0;

  if (!extractTuple(lookup, packet, zone)) {
    writeInvalid(packet, CT_STATE_INVALID, zone);
    return PASSED;
  }
  if (state & CT_STATE_TRACKED && !(state & CT_STATE_INVALID) && !(flags & CT_FLAG_FORCE)) {
    const link = remembered(packet, lookup, now);
    if (link != 0) {
      passAgain(packet, instruction, lookup, link, state);
      return PASSED;
    }
  }
  if (!hasGoodChecksums(packet)) {
    writeInvalid(packet, CT_STATE_INVALID, zone);
    return PASSED;
  }

  let link = lookUp(lookup, bucket, (state & TRANSLATED) != 0, now);
  if (flags & CT_FLAG_FORCE && directionBit(link)) {
    // The committer wants this packet's direction to be the original one.
    removeConnection(recordOf(link));
    link = 0;
  }

  let connection = recordOf(link);
  const reply = directionBit(link);
  const related = load<u32>(lookup, LOOKUP_RELATED) != 0;
  let create = false;
  if (connection != 0) {
    state = related
      ? state | CT_STATE_RELATED | (reply ? CT_STATE_REPLY : 0)
      : judge(packet, connection, reply, state, flags, now);
    if (state & REMOVED) {
      loadTuple(lookup, connection, reply);
      removeConnection(connection);
      connection = 0;
      create = true;
      state &= ~REMOVED;
    } else if (flags & CT_FLAG_NAT && !(state & TRANSLATED)) {
      state |= translate(packet, connection, reply, lookup);
    }
  } else if (related) {
    state = CT_STATE_INVALID;
  } else {
    // A translated packet whose connection has gone may still meet one by what it looks like now: leave that alone.
    create = !(state & TRANSLATED) || lookUp(lookup, bucket, false, now) == 0;
  }

  let expectation: usize = 0;
  if (create) {
    if (!opensConnection(packet, lookup)) {
      state = CT_STATE_INVALID;
    } else {
      expectation = findExpectation(lookup);
      state = CT_STATE_NEW | (expectation != 0 ? CT_STATE_RELATED : 0);
      if (flags & (CT_FLAG_COMMIT | CT_FLAG_FORCE)) {
        connection = createConnection(packet, instruction, lookup, expectation, now);
        if (isRefusal(connection)) return refusalReason(connection);
        if (flags & CT_FLAG_NAT) state |= translate(packet, connection, 0, lookup);
      }
    }
  }

  store<u32>(packet, <u32>connection, PACKET_CONNECTION);
  if (connection == 0) {
    writeUntracked(packet, state, zone, lookup, expectation);
    return PASSED;
  }
  store<u32>(lookup, <u32>reply, LOOKUP_DIRECTION);
  writeTracked(packet, state, zone, connection);
  applyMarkAndLabel(packet, connection, instruction);
  if (!related && !(state & CT_STATE_INVALID)) help(packet, connection, reply, (flags & CT_FLAG_NAT) != 0);
  return PASSED;
}

/** Set in a state by `judge`: the packet starts a new connection in the place of the old. */
const REMOVED: u32 = 0x8000_0000;

/** The packet's ct_state by its connection's opinion. */
@inline
function judge(packet: usize, connection: usize, reply: usize, state: u32, flags: u32, now: u64): u32 {
  const traits = load<u32>(connection, CONN_FLAGS);
  if (traits & CONN_FLAG_RELATED) state |= CT_STATE_RELATED;
  if (traits & CONN_FLAG_OFFLOADED) resumeConnection(connection, packet);
  const control = (traits & CONN_FLAG_FTP) != 0 && (flags & CT_FLAG_NAT) != 0 && !(state & TRANSLATED);
  if (control) restoreAcknowledgement(packet, connection, reply);
  const verdict = updateState(connection, packet, reply, now);
  if (control && verdict != UPDATE_NEW) shiftSequence(packet, connection, reply);
  switch (verdict) {
    case UPDATE_VALID:
      return (state & ~CT_STATE_NEW) | CT_STATE_ESTABLISHED | (reply ? CT_STATE_REPLY : 0);
    case UPDATE_INVALID:
      return CT_STATE_INVALID;
    case UPDATE_NEW:
      return state | REMOVED;
    default: // UPDATE_VALID_NEW
      return state | CT_STATE_NEW;
  }
}

/**
 * The connection | direction of the packet at hand. A packet translated in this zone looks like its reply reversed; both have the
 * same bucket, which is 0 where it was not found out ahead.
 */
@inline
function lookUp(lookup: usize, bucket: usize, translated: bool, now: u64): usize {
  const chain = bucket != 0 ? bucket : bucketOf(hashTuple(lookup + LOOKUP_TUPLE, load<u32>(lookup, LOOKUP_KEY)));
  if (!translated) return findInBucket(chain, lookup, now);
  reverseLookup(lookup);
  const link = findInBucket(chain, lookup, now);
  reverseLookup(lookup);
  return link == 0 ? 0 : link ^ 1;
}
