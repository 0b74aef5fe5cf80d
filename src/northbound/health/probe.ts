/** The packets of health checks, byte by byte as ovn-controller 23.03 makes them: a TCP SYN, the reset after it, a UDP datagram. */
import { buildEthernet, ETHERTYPE } from "../packet-actions/packet/ethernet.ts";
import { buildIp, PROTOCOL } from "../packet-actions/packet/ip.ts";
import { buildTcp, TCP_FLAG } from "../packet-actions/packet/tcp.ts";
import { buildUdp } from "../packet-actions/packet/udp.ts";
import type { MonitoredService } from "./monitored-service.ts";

/** By what an answer is known to be this probe's. */
export interface Probe {
  readonly sourcePort: number;
  /** Of the SYN; a datagram has none. */
  readonly sequence: number;
}

const TTL = 63;
const WINDOW = 65160;
const DATAGRAM = new Uint8Array(8);

export function buildProbe(service: MonitoredService, probe: Probe): Uint8Array {
  const { protocol, source, address, port } = service;
  if (protocol === "udp") {
    return frame(service, PROTOCOL.udp, buildUdp(source, address, probe.sourcePort, port, DATAGRAM));
  }
  const segment = { ...ends(service, probe), sequence: probe.sequence, acknowledgement: 0, flags: TCP_FLAG.syn };
  return frame(service, PROTOCOL.tcp, buildTcp(source, address, segment));
}

/**
 * Ends what a SYN began. Its sequence number is the one that the backend expects next (RFC 9293 section 3.10.7.4); ovn-controller
 * takes the one after, at which Linux keeps the half-open connection and sends its SYN-ACK again.
 */
export function buildProbeReset(service: MonitoredService, probe: Probe, answered: number): Uint8Array {
  const segment = {
    ...ends(service, probe),
    sequence: (probe.sequence + 1) >>> 0,
    acknowledgement: (answered + 1) >>> 0,
    flags: TCP_FLAG.rst | TCP_FLAG.ack,
  };
  return frame(service, PROTOCOL.tcp, buildTcp(service.source, service.address, segment));
}

const ends = ({ port }: MonitoredService, { sourcePort }: Probe) => ({
  sourcePort,
  destinationPort: port,
  window: WINDOW,
});

function frame(
  { source, address, sourceMac, mac }: MonitoredService,
  protocol: number,
  payload: Uint8Array,
): Uint8Array {
  const packet = buildIp({ source, destination: address, protocol, ttl: TTL, payload, dontFragment: true });
  const type = address.family === 4 ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6;
  return buildEthernet({ destination: mac, source: sourceMac, type, payload: packet });
}
