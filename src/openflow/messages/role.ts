/** ROLE: which of several controllers may change things. OpenFlow's from 1.2 on, Nicira's before. */
import { OpenFlowError } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import { type MessageCodec, type MessageContext, message, niciraMessage, onfMessage } from "./definition.ts";

export type Role = "equal" | "primary" | "secondary";

export interface RoleMessage {
  /** undefined: only to be told. */
  readonly role: Role | undefined;
  /** Grows with each election; undefined: none was seen, or none is given. */
  readonly generation: bigint | undefined;
}

export interface RoleRequest extends RoleMessage {
  readonly type: "role_request";
}
export interface RoleReply extends RoleMessage {
  readonly type: "role_reply";
}
export interface NiciraRoleRequest extends RoleMessage {
  readonly type: "nx_role_request";
}
export interface NiciraRoleReply extends RoleMessage {
  readonly type: "nx_role_reply";
}
export interface RoleStatus extends RoleMessage {
  readonly type: "role_status";
  readonly reason: "primary_request" | "config" | "experimenter";
}

/** By number; the first one asks and changes nothing. */
const roles: readonly (Role | undefined)[] = [undefined, "equal", "primary", "secondary"];
/** Nicira's have no "no change". */
const niciraRoles: readonly Role[] = ["equal", "primary", "secondary"];
const reasons: readonly RoleStatus["reason"][] = ["primary_request", "config", "experimenter"];
const NO_GENERATION = 2n ** 64n - 1n;

function read(body: Reader): RoleMessage {
  const number = body.u32();
  if (number >= roles.length) throw new OpenFlowError("OFPRRFC_BAD_ROLE", `role ${number}`);
  body.skip(4);
  const generation = body.u64();
  const role = roles[number];
  const counts = role === "primary" || role === "secondary";
  return { role, generation: counts ? generation : undefined };
}

function write(writer: Writer, { role, generation }: RoleMessage): void {
  writer.u32(roles.indexOf(role));
  writer.zeros(4);
  writer.u64(generation ?? NO_GENERATION);
}

function readNicira(body: Reader): RoleMessage {
  const role = niciraRoles[body.u32()];
  if (!role) throw new OpenFlowError("OFPRRFC_BAD_ROLE", "an unknown role");
  return { role, generation: undefined };
}

export const roleRequest: MessageCodec<RoleRequest> = {
  type: "role_request",
  places: [message("1.2+", 24)],
  read: (body) => ({ type: "role_request", ...read(body) }),
  write,
};

export const roleReply: MessageCodec<RoleReply> = {
  type: "role_reply",
  places: [message("1.2+", 25)],
  read: (body) => ({ type: "role_reply", ...read(body) }),
  write,
};

export const niciraRoleRequest: MessageCodec<NiciraRoleRequest> = {
  type: "nx_role_request",
  places: [niciraMessage("1.0+", 10)],
  read: (body) => ({ type: "nx_role_request", ...readNicira(body) }),
  write: (writer, { role }) => writer.u32(niciraRoles.indexOf(role!)),
};

export const niciraRoleReply: MessageCodec<NiciraRoleReply> = {
  type: "nx_role_reply",
  places: [niciraMessage("1.0+", 11)],
  read: (body) => ({ type: "nx_role_reply", ...readNicira(body) }),
  write: (writer, { role }) => writer.u32(niciraRoles.indexOf(role!)),
};

export const roleStatus: MessageCodec<RoleStatus> = {
  type: "role_status",
  places: [message("1.4+", 30), onfMessage("1.3", 1911)],
  read(body) {
    const role = roles[body.u32()];
    const reason = reasons[body.u8()];
    if (!role || !reason) throw new OpenFlowError("OFPRRFC_BAD_ROLE", "an unknown role, or reason for it");
    body.skip(3);
    const generation = body.u64();
    return { type: "role_status", role, reason, generation: generation === NO_GENERATION ? undefined : generation };
  },
  write(writer, status: RoleStatus, _context: MessageContext) {
    writer.u32(roles.indexOf(status.role));
    writer.u8(reasons.indexOf(status.reason));
    writer.zeros(3);
    writer.u64(status.generation ?? NO_GENERATION);
  },
};
