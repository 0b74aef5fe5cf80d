/**
 * TFTP (RFC 1350 §4): the server answers a request from a port of its own, to the port the request came from.
 *
 * Not handled: a client port that translation had to change: the answer is expected at the changed one, and stays so.
 */
import { CONN_TUPLE, TUPLE_DST_L4, TUPLE_SIZE } from "../layout/conntrack.ts";
import { expectConnection } from "./expectation.ts";

export function inspectTftp(connection: usize, reply: usize): void {
  if (reply) return;
  expectConnection(connection, 0, load<u32>(connection + CONN_TUPLE + TUPLE_SIZE, TUPLE_DST_L4));
}
