/** The log as the command line wants it. */
import { applySpecification } from "../../vlog/specification.ts";
import { Vlog } from "../../vlog/vlog.ts";
import type { VswitchdOptions } from "./options.ts";

/** @throws an Error naming what the command line has wrong. */
export function openLog({ levels, logFile, detach }: VswitchdOptions): Vlog {
  const vlog = new Vlog();
  for (const specification of levels) {
    const complaint = applySpecification(vlog, specification);
    if (complaint !== undefined) throw new Error(complaint);
  }
  // In the background nobody reads the terminal.
  if (detach) vlog.setLevel(undefined, "console", "off");
  if (logFile !== undefined) vlog.openFile(logFile);
  return vlog;
}
