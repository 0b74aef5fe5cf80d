/** Datapath keys and actions as people type them, with OVS's sentence for what is wrong. */

import type { DatapathAction } from "../fastpath/datapath-action.ts";
import { parseDatapathActions } from "../slowpath/odp/actions.ts";
import { type KeyTextOptions, type MaskedKey, parseKey } from "../slowpath/odp/key.ts";
import type { DatapathPortNames } from "../slowpath/odp/port-names.ts";
import { splitTop } from "../slowpath/odp/scan.ts";
import type { TunnelOption } from "../slowpath/odp/tunnel-text.ts";

/** The key, or "syntax error at …" with the rest of the text from where it went wrong. */
export function readKey(
  text: string,
  ports: DatapathPortNames,
  tunnelOptions: readonly TunnelOption[] = [],
): MaskedKey | string {
  try {
    return parseKey(withoutEmptyParts(text), { ports, tunnelOptions });
  } catch {
    return `syntax error at ${text.slice(firstError(text, { ports, tunnelOptions }))}`;
  }
}

/** undefined: they are none. */
export function readActions(
  text: string,
  ports?: DatapathPortNames,
  tunnelOptions: readonly TunnelOption[] = [],
): DatapathAction[] | undefined {
  try {
    return parseDatapathActions(text, { ports, tunnelOptions });
  } catch {
    return undefined;
  }
}

/** `eth()`: nothing about it counts. */
function withoutEmptyParts(text: string): string {
  return text.replace(/(^|,)\s*[a-z_0-9]+\(\)(?=,|$)/g, (part) =>
    /\b(eth|ipv4|ipv6|tcp|udp|sctp|icmp)\(/.test(part) ? "" : part,
  );
}

function firstError(text: string, options: KeyTextOptions): number {
  let at = 0;
  try {
    for (const piece of splitTop(text)) {
      at = text.indexOf(piece, at);
      parseKey(withoutEmptyParts(piece), options);
      at += piece.length;
    }
  } catch {
    return at;
  }
  return 0;
}
