/** `ct(…)`: its header, then nat and what it writes to ct_mark and ct_label as ordinary actions. */
import type { Action, CtActionSpec, NatAction } from "../../slowpath/actions/action.ts";
import { readFieldName, writeHeader } from "../fields/header.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { Reader } from "../wire/reader.ts";
import { type ActionCodec, type ActionContext, nicira, writeNicira } from "./definition.ts";
import { cameAs, formOf } from "./form-memory.ts";
import { packBits, unpackBits } from "./subfield.ts";

const CT = 35;
const COMMIT = 1 << 0;
const FORCE = 1 << 1;
const NO_TABLE = 0xff;
const ZONE_BITS = 16;
/** Helpers by the port of their protocol. */
const helpers: Readonly<Record<number, CtActionSpec["alg"]>> = { 21: "ftp", 69: "tftp" };
const FTP = 21;
const TFTP = 69;

function bad(why: string): OpenFlowError {
  return new OpenFlowError("OFPBAC_BAD_ARGUMENT", `ct: ${why}`);
}

function readZone(header: Uint8Array, number: number, context: ActionContext): CtActionSpec["zone"] {
  if (header.every((byte) => byte === 0)) return number;
  const zone = unpackBits(readFieldName(new Reader(header), context), number);
  if (zone.bits !== ZONE_BITS) throw new OpenFlowError("OFPBAC_BAD_SET_LEN", `a zone of ${zone.bits} bits`);
  return zone;
}

/** Only ct_mark and ct_label may be written. */
function checkExec(actions: readonly Action[]): void {
  for (const action of actions) {
    const target =
      action.type === "set_field" ? action.field : action.type === "move" ? action.destination.field : undefined;
    if (target?.name !== "ct_mark" && target?.name !== "ct_label") throw bad(`${action.type} inside`);
  }
}

function isNat(action: Action): action is NatAction {
  return action.type === "nat";
}

function read(body: Reader, context: ActionContext): CtActionSpec {
  const flags = body.u16();
  const header = body.bytes(4);
  const zone = readZone(header, body.u16(), context);
  const table = body.u8();
  body.skip(3);
  const port = body.u16();
  const alg = helpers[port];
  const commit = (flags & COMMIT) !== 0;
  const force = (flags & FORCE) !== 0;
  if (force && !commit) throw bad("force without commit");
  if (port !== 0 && !alg) throw bad(`no helper for port ${port}`);
  const nested = context.readActions(body);
  const nats = nested.filter(isNat);
  const exec = nested.filter((action) => !isNat(action));
  if (nats.length > 1) throw bad("two nat actions");
  checkExec(exec);
  if (!commit && (exec.length > 0 || nats[0]?.direction)) throw bad("changes without commit");
  const action: CtActionSpec = {
    type: "ct",
    commit,
    force,
    ...(table !== NO_TABLE && { table }),
    zone,
    ...(alg && { alg }),
    ...(nats[0] && { nat: nats[0] }),
    exec,
  };
  return nested.length > 1 && nested.at(-1) === nats[0] ? cameAs(action, "nat last") : action;
}

export const ct: ActionCodec<CtActionSpec> = {
  type: "ct",
  forms: [nicira("1.0+", CT, undefined, read)],
  write(writer, action, context) {
    const { commit, force, table = NO_TABLE, zone, alg, nat, exec } = action;
    const nested = !nat ? exec : formOf(action) === "nat last" ? [...exec, nat] : [nat, ...exec];
    writeNicira(writer, CT, () => {
      writer.u16((commit ? COMMIT : 0) | (force ? FORCE : 0));
      if (typeof zone === "number") {
        writer.u32(0);
        writer.u16(zone);
      } else {
        writeHeader(writer, zone.field, "nxm", false);
        writer.u16(packBits(zone));
      }
      writer.u8(table);
      writer.zeros(3);
      writer.u16(alg === "ftp" ? FTP : alg === "tftp" ? TFTP : 0);
      context.writeActions(writer, nested);
    });
  },
};
