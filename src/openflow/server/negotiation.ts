/** Which version two sides speak: the highest that both have. */
import { messages } from "../messages/list.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { isVersion, OF15, type Version, versionName } from "../wire/version.ts";

const HELLO = 0;

/** @returns the version, or a sentence about why there is none */
export function negotiate(bytes: Uint8Array, ours: readonly Version[]): Version | string {
  if (bytes[1] !== HELLO) return `received message type ${bytes[1]} while expecting HELLO`;
  const theirs = offered(bytes);
  if (typeof theirs === "string") return theirs;
  const common = ours.findLast((version) => theirs.includes(version));
  if (common !== undefined) return common;
  const list = (versions: readonly Version[]): string => versions.map(versionName).join(", ") || "none that is known";
  return `We support ${list(ours)}; you support ${list(theirs)}`;
}

function offered(bytes: Uint8Array): readonly Version[] | string {
  const highest = Math.min(bytes[0], OF15);
  if (!isVersion(highest)) return `version ${bytes[0]} is unknown`;
  // A later version's HELLO begins like ours.
  const readable = bytes.slice();
  readable[0] = highest;
  try {
    const { message } = messages.read(readable);
    if (message.type === "hello" && message.versions) return message.versions;
  } catch (error) {
    if (!(error instanceof OpenFlowError)) throw error;
    return error.message;
  }
  return Array.from({ length: highest }, (_, i) => i + 1).filter(isVersion);
}
