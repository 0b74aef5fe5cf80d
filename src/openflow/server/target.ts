/** Where a connection is to be made or awaited: `tcp:HOST[:PORT]`, `unix:PATH`, `ptcp:[PORT][:HOST]`, `punix:PATH`. */

export type Target =
  | { readonly kind: "connect" | "listen"; readonly path: string }
  | { readonly kind: "connect" | "listen"; readonly host: string; readonly port: number };

export class TargetError extends Error {}

/** OpenFlow's own port. */
const DEFAULT_PORT = 6653;

function portOf(text: string | undefined, target: string): number {
  if (text === undefined || text === "") return DEFAULT_PORT;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 0xffff) throw new TargetError(`${target}: bad port number "${text}"`);
  return port;
}

/** An IPv6 address stands in brackets. */
const address = /^(\[[^\]]+\]|[^:[\]]+)(?::(\d+))?$/;

/** @throws TargetError with a sentence */
export function parseTarget(target: string): Target {
  const colon = target.indexOf(":");
  const scheme = colon < 0 ? target : target.slice(0, colon);
  const rest = target.slice(colon + 1);
  switch (scheme) {
    case "unix":
    case "punix":
      if (rest === "") throw new TargetError(`${target}: no path`);
      return { kind: scheme === "unix" ? "connect" : "listen", path: rest };
    case "tcp": {
      const parts = address.exec(rest);
      if (!parts) throw new TargetError(`${target}: not an address`);
      return { kind: "connect", host: parts[1].replace(/^\[|\]$/g, ""), port: portOf(parts[2], target) };
    }
    case "ptcp": {
      const [port, ...host] = rest.split(":");
      const text = host.join(":").replace(/^\[|\]$/g, "");
      return { kind: "listen", host: text === "" ? "0.0.0.0" : text, port: portOf(port, target) };
    }
    default:
      throw new TargetError(`${target}: connections of this kind are not supported`);
  }
}
