/** What `vlog/set` and `-v` take: words for module, destination and level in any order, between colons, commas or spaces. */
import { type Destination, isDestination, isLevel, type Level } from "./level.ts";
import type { Vlog } from "./vlog.ts";

/** Applies `netdev:file:dbg` and the like. @returns what is wrong with it, undefined when it was applied. */
export function applySpecification(vlog: Vlog, text: string): string | undefined {
  // Formats of lines can be set in OVS; here they are fixed.
  if (/^pattern:/i.test(text)) return undefined;
  if (/^(syslog|console|file):.*%/i.test(text)) return undefined;
  let module: string | undefined;
  let destination: Destination | undefined;
  let level: Level | undefined;
  for (const word of text.split(/[ ,:]+/).filter((part) => part !== "")) {
    const lower = word.toLowerCase();
    if (isLevel(lower)) {
      if (level !== undefined) return "cannot specify multiple levels";
      level = lower;
    } else if (isDestination(lower)) {
      if (destination !== undefined) return "cannot specify multiple destinations";
      destination = lower;
    } else if (vlog.hasModule(lower)) {
      if (module !== undefined) return "cannot specify multiple modules";
      module = lower;
    } else if (lower !== "any") {
      return `no destination, level, or module "${word}"`;
    }
  }
  vlog.setLevel(module, destination, level ?? "dbg");
  return undefined;
}

/** What `vlog/list` prints. */
export function formatLevels(vlog: Vlog): string {
  const title = "                 console    syslog    file\n                 -------    ------    ------\n";
  const lines = vlog.list().map(([module, { console, syslog, file }]) => {
    const [first, second, third] = [console, syslog, file].map((level) => level.toUpperCase().padStart(4));
    return `${module.padEnd(16)}  ${first}       ${second}       ${third}\n`;
  });
  return title + lines.join("");
}
