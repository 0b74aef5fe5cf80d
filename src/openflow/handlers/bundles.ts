/** Bundles: messages that are collected, and then done all or none. */
import type { Modification } from "../../slowpath/tables/modification.ts";
import { type BundleFlags, controlTypes } from "../messages/bundle-control.ts";
import type { Message } from "../messages/list.ts";
import { RefusedModification } from "../server/bridge-agent.ts";
import { BUNDLE_LIMIT, BUNDLES_LIMIT, type Bundle, type BundledMessage } from "../server/bundle.ts";
import type { Session } from "../server/session.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { type MessageOf, type Request, refuseSecondary } from "./handler.ts";
import { refuseInternalTable } from "./modifications.ts";
import { packetOut } from "./packets.ts";
import { portMod } from "./ports.ts";

function sameFlags(a: BundleFlags, b: BundleFlags): boolean {
  return a.atomic === b.atomic && a.ordered === b.ordered;
}

function open(request: Request, id: number, { atomic, ordered }: BundleFlags): Bundle {
  const { session, agent, bytes, envelope } = request;
  if (session.bundles.size >= BUNDLES_LIMIT) throw new OpenFlowError("OFPBFC_OUT_OF_BUNDLES", "too many bundles");
  const opened = { bytes, xid: envelope.xid };
  const used = agent.switch.now();
  const bundle: Bundle = { atomic, ordered, messages: [], size: 0, closed: false, opened, used };
  session.bundles.set(id, bundle);
  return bundle;
}

/** A mistake ends the bundle. */
function abandon(session: Session, id: number, code: OpenFlowError["code"], why: string): never {
  session.bundles.delete(id);
  throw new OpenFlowError(code, why);
}

function known(session: Session, id: number): Bundle {
  const bundle = session.bundles.get(id);
  if (!bundle) throw new OpenFlowError("OFPBFC_BAD_ID", `bundle ${id} does not exist`);
  return bundle;
}

function close(session: Session, id: number, flags: BundleFlags): void {
  const bundle = known(session, id);
  if (bundle.closed) abandon(session, id, "OFPBFC_BUNDLE_CLOSED", `bundle ${id} is closed`);
  if (!sameFlags(bundle, flags)) abandon(session, id, "OFPBFC_BAD_FLAGS", `bundle ${id} has other flags`);
  bundle.closed = true;
}

function modificationOf(message: Message): Modification | undefined {
  return message.type === "flow_mod" || message.type === "nx_flow_mod" || message.type === "group_mod"
    ? message.mod
    : undefined;
}

/** All modifications first: they can be taken back. What cannot be, packet-outs and ports, follows in order. */
async function commit(request: Request<MessageOf<"bundle_control">>): Promise<void> {
  const { session, agent, envelope, message } = request;
  const bundle = known(session, message.id);
  session.bundles.delete(message.id);
  if (!sameFlags(bundle, message)) throw new OpenFlowError("OFPBFC_BAD_FLAGS", `bundle ${message.id} has other flags`);
  const changes = bundle.messages.flatMap((bundled) => {
    const modification = modificationOf(bundled.message);
    return modification ? [{ bundled, modification }] : [];
  });
  const refuse = (bundled: BundledMessage, code: OpenFlowError["code"]): never => {
    session.sendError(code, bundled.bytes, bundled.xid);
    throw new OpenFlowError("OFPBFC_MSG_FAILED", `${bundled.message.type} of bundle ${message.id} was refused`);
  };
  const portMods = bundle.messages.filter((bundled) => bundled.message.type === "port_mod");
  // Ports cannot be taken back.
  if (portMods.length > 0 && bundle.atomic) refuse(portMods[0], "OFPBFC_MSG_FAILED");
  try {
    agent.apply(
      changes.map(({ modification }) => modification),
      { session, xid: envelope.xid },
    );
  } catch (error) {
    if (!(error instanceof RefusedModification)) throw error;
    refuse(changes[error.index].bundled, error.code);
  }
  for (const bundled of bundle.messages) {
    if (modificationOf(bundled.message)) continue;
    const inner = { ...request, message: bundled.message, bytes: bundled.bytes } as Request<never>;
    try {
      if (bundled.message.type === "packet_out") packetOut(inner);
      else if (bundled.message.type === "port_mod") portMod(inner);
    } catch (error) {
      if (!(error instanceof OpenFlowError)) throw error;
      refuse(bundled, error.code);
    }
  }
}

export async function bundleControl(request: Request<MessageOf<"bundle_control">>): Promise<void> {
  refuseSecondary(request);
  const { session, envelope, message } = request;
  const { id, control } = message;
  switch (control) {
    case "open_request":
      if (session.bundles.has(id)) abandon(session, id, "OFPBFC_BAD_ID", `bundle ${id} is open`);
      open(request, id, message);
      break;
    case "close_request":
      close(session, id, message);
      known(session, id).used = request.agent.switch.now();
      break;
    case "commit_request":
      await commit(request);
      break;
    case "discard_request":
      known(session, id);
      session.bundles.delete(id);
      break;
    default:
      throw new OpenFlowError("OFPBFC_BAD_TYPE", `${control} from a controller`);
  }
  session.reply(envelope, {
    type: "bundle_control",
    id,
    control: controlTypes[controlTypes.indexOf(control) + 1],
    atomic: false,
    ordered: false,
  });
}

export function bundleAdd(request: Request<MessageOf<"bundle_add">>): void {
  refuseSecondary(request);
  const { session, agent, message, envelope, bytes } = request;
  const { id } = message;
  const bundle = session.bundles.get(id) ?? open(request, id, message);
  if (bundle.closed) abandon(session, id, "OFPBFC_BUNDLE_CLOSED", `bundle ${id} is closed`);
  if (!sameFlags(bundle, message)) abandon(session, id, "OFPBFC_BAD_FLAGS", `bundle ${id} has other flags`);
  const inner = message.added.message as Message;
  if (inner.type === "flow_mod" || inner.type === "nx_flow_mod") refuseInternalTable(inner.mod);
  bundle.used = agent.switch.now();
  bundle.size += bytes.length;
  if (bundle.size > BUNDLE_LIMIT) abandon(session, id, "OFPBFC_MSG_TOO_MANY", `bundle ${id} is too large`);
  bundle.messages.push({ message: inner, bytes, xid: envelope.xid });
}
