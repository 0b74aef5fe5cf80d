/** The text of a load balancer's VIPs and backends: "1.1.1.50:8000" → "1.1.1.100:8000,1.1.1.200:8000". */
import { type Address, parseAddress, parseIpv6 } from "./ip.ts";

/** An address with a transport port; without one it stands for every port. */
export interface Endpoint {
  readonly address: Address;
  readonly port?: number;
}

export interface VirtualService {
  readonly vip: Endpoint;
  readonly backends: readonly Endpoint[];
}

/** "IP", "IP:PORT", "[IPV6]" or "[IPV6]:PORT". Port 0 counts as none. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(text);
  if (bracketed) return endpoint(parseIpv6(bracketed[1]), bracketed[2]);
  const bare = parseAddress(text);
  if (bare) return { address: bare };
  const colon = text.lastIndexOf(":");
  if (colon < 0 || text.indexOf(":") !== colon || !/^\d+$/.test(text.slice(colon + 1))) return undefined;
  return endpoint(parseAddress(text.slice(0, colon)), text.slice(colon + 1));
}

function endpoint(address: Address | undefined, portText: string | undefined): Endpoint | undefined {
  const port = Number(portText ?? 0);
  if (!address || port > 65535) return undefined;
  return port === 0 ? { address } : { address, port };
}

export function formatEndpoint({ address, port }: Endpoint): string {
  if (port === undefined) return address.text;
  return address.family === 6 ? `[${address.text}]:${port}` : `${address.text}:${port}`;
}

export class VirtualServiceError extends Error {}

/** @throws VirtualServiceError with ovn-nbctl's sentence: all backends' faults in one. */
export function parseVirtualService(vipText: string, backendsText: string): VirtualService {
  const vip = parseEndpoint(vipText);
  if (!vip) {
    throw new VirtualServiceError(
      `${vipText}: should be an IP address (or an IP address and a port number with : as a separator).`,
    );
  }
  const backends: Endpoint[] = [];
  const faults: string[] = [];
  for (const text of backendsText.split(",").filter((part) => part !== "")) {
    const backend = parseEndpoint(text);
    const fault = backend ? mismatch(vip, backend, text) : shape(text, vip);
    if (fault) faults.push(fault);
    else backends.push(backend!);
  }
  if (faults.length > 0) throw new VirtualServiceError(`${faults.join(", ")}.`);
  return { vip, backends };
}

function mismatch(vip: Endpoint, backend: Endpoint, text: string): string | undefined {
  if (vip.address.family !== backend.address.family) {
    return `${text}: IP address family is different from VIP ${vip.address.text}`;
  }
  return (vip.port === undefined) === (backend.port === undefined) ? undefined : shape(text, vip);
}

function shape(text: string, vip: Endpoint): string {
  if (vip.port === undefined) return `${text}: should be an IP address`;
  return `${text}: should be an IP address and a port number with : as a separator`;
}
