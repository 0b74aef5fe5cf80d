/** BUNDLE_ADD_MESSAGE: id u32, pad u16, flags u16, a whole message, properties. */
import { OpenFlowError } from "../wire/errors.ts";
import { readProperties, unknownProperty } from "../wire/property.ts";
import { type BundleFlags, bundleFlagBits, readBundleFlags } from "./bundle-control.ts";
import { type Envelope, type MessageCodec, message, onfMessage } from "./definition.ts";

export interface BundleAdd extends BundleFlags {
  readonly type: "bundle_add";
  readonly id: number;
  readonly added: Envelope;
  /** The message as it came, for errors that name it. */
  readonly bytes: Uint8Array;
}

const HEADER = 8;
const addable = new Set(["flow_mod", "nx_flow_mod", "group_mod", "port_mod", "packet_out"]);

export const bundleAdd: MessageCodec<BundleAdd> = {
  type: "bundle_add",
  places: [message("1.4+", 34), onfMessage("1.3", 2301)],
  read(body, { readMessage, version }) {
    const id = body.u32();
    body.skip(2);
    const flags = readBundleFlags(body.u16());
    if (body.remaining < HEADER) throw new OpenFlowError("OFPBFC_MSG_BAD_LEN", "the message is cut off");
    const length = body.peekU16(2);
    if (length < HEADER || length > body.remaining) {
      throw new OpenFlowError("OFPBFC_MSG_BAD_LEN", `the message is ${length} bytes long`);
    }
    if (body.peekU16() >> 8 !== version) {
      throw new OpenFlowError("OFPBFC_BAD_VERSION", "the message is of another version than the bundle");
    }
    const bytes = body.bytes(length).slice();
    const added = readMessage(bytes);
    if (!addable.has(added.message.type)) {
      throw new OpenFlowError("OFPBFC_MSG_UNSUP", `${added.message.type} in a bundle`);
    }
    // Without properties the padding between may be missing.
    body.skip(Math.min(body.remaining, (8 - (length % 8)) % 8));
    for (const property of readProperties(body)) throw unknownProperty(property);
    return { type: "bundle_add", id, added, bytes, ...flags };
  },
  write(writer, { id, added, atomic, ordered }, { writeMessage }) {
    writer.u32(id);
    writer.zeros(2);
    writer.u16(bundleFlagBits({ atomic, ordered }));
    writer.bytes(writeMessage(added));
  },
};
