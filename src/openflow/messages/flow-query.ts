/** Which rules FLOW and AGGREGATE requests are about. */
import { PORT_NONE } from "../../slowpath/flow/port-text.ts";
import type { Match } from "../../slowpath/tables/rule.ts";
import { readMatch } from "../fields/match.ts";
import { readOxmMatch } from "../fields/oxm-match.ts";
import type { WireContext } from "../wire/context.ts";
import { portFrom32 } from "../wire/ports.ts";
import type { Reader } from "../wire/reader.ts";
import { OF10 } from "../wire/version.ts";

export interface FlowQuery {
  /** ALL_TABLES: every table. */
  readonly table: number;
  readonly match: Match;
  readonly cookie: bigint;
  readonly cookieMask: bigint;
  readonly outPort?: number;
  readonly outGroup?: number;
}

const GROUP_ANY = 0xffff_ffff;

export function readFlowQuery(body: Reader, context: WireContext): FlowQuery {
  if (context.version === OF10) {
    const match = readMatch(body, context);
    const table = body.u8();
    body.skip(1);
    const outPort = body.u16();
    return { table, match, cookie: 0n, cookieMask: 0n, ...(outPort !== PORT_NONE && { outPort }) };
  }
  const table = body.u8();
  body.skip(3);
  const outPort = portFrom32(body.u32());
  const outGroup = body.u32();
  body.skip(4);
  const cookie = body.u64();
  const cookieMask = body.u64();
  const match = readMatch(body, context);
  return {
    table,
    match,
    cookie,
    cookieMask,
    ...(outPort !== PORT_NONE && { outPort }),
    ...(outGroup !== GROUP_ANY && { outGroup }),
  };
}

export function readNiciraFlowQuery(body: Reader, context: WireContext): FlowQuery {
  const outPort = body.u16();
  const length = body.u16();
  const table = body.u8();
  body.skip(3);
  const fields = body.part(Math.ceil(length / 8) * 8).part(length);
  const { match, cookie, cookieMask } = readOxmMatch(fields, context, { allowCookie: true });
  return { table, match, cookie, cookieMask, ...(outPort !== PORT_NONE && { outPort }) };
}
