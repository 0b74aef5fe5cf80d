/** Why a device could not be had, in the words that ovs-vsctl's users know. */
import { getSystemErrorMessage } from "node:util";
import { SystemCallError } from "../../../kernel/errno.ts";

/** The C library's, where Node says it otherwise. */
const sentences: Readonly<Record<string, string>> = {
  EEXIST: "File exists",
  EBUSY: "Device or resource busy",
  ENODEV: "No such device",
  ENOENT: "No such file or directory",
};

export function openError(name: string, error: unknown): Error {
  const reason = error instanceof SystemCallError ? systemReason(error) : (error as Error).message;
  return new Error(`could not open network device ${name} (${reason})`, { cause: error });
}

function systemReason({ code, errno }: SystemCallError): string {
  const known = sentences[code];
  if (known !== undefined) return known;
  const message = getSystemErrorMessage(-errno);
  return message.charAt(0).toUpperCase() + message.slice(1);
}
