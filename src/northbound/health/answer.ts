/** What a packet to the monitor's Ethernet address says of a backend. Any bytes may come in. */
import { type IpPacket, PROTOCOL, parseIp } from "../packet-actions/packet/ip.ts";
import { TCP_FLAG } from "../packet-actions/packet/tcp.ts";
import type { MonitoredService } from "./monitored-service.ts";
import type { Probe } from "./probe.ts";

export type Answer =
  /** `sequence` of the SYN-ACK, which wants a reset. */
  { readonly good: true; readonly sequence: number } | { readonly good: false };

/** `undefined` when it is none of this probe's. */
export function readAnswer(service: MonitoredService, probe: Probe, packet: IpPacket): Answer | undefined {
  const { source, destination, startsTransport } = packet;
  if (!startsTransport || source.text !== service.address.text || destination.text !== service.source.text) {
    return undefined;
  }
  return service.protocol === "tcp" ? readSegment(service, probe, packet) : readError(service, probe, packet);
}

function readSegment({ port }: MonitoredService, probe: Probe, { protocol, payload }: IpPacket): Answer | undefined {
  if (protocol !== PROTOCOL.tcp || payload.length < 20) return undefined;
  const segment = viewOf(payload);
  const flags = payload[13];
  const isReply = segment.getUint16(0) === port && segment.getUint16(2) === probe.sourcePort;
  const acknowledges = (flags & TCP_FLAG.ack) !== 0 && segment.getUint32(8) === (probe.sequence + 1) >>> 0;
  if (!isReply || !acknowledges) return undefined;
  if (flags & TCP_FLAG.rst) return { good: false };
  return flags & TCP_FLAG.syn ? { good: true, sequence: segment.getUint32(4) } : undefined;
}

/** Port unreachable: RFC 792, RFC 4443 section 3.1. */
const PORT_UNREACHABLE = {
  [PROTOCOL.icmp]: { type: 3, code: 3 },
  [PROTOCOL.icmpv6]: { type: 1, code: 4 },
} as Readonly<Record<number, { readonly type: number; readonly code: number } | undefined>>;
const ICMP_HEADER = 8;

/** The error quotes the datagram it is about. */
function readError(service: MonitoredService, probe: Probe, { protocol, payload }: IpPacket): Answer | undefined {
  const unreachable = PORT_UNREACHABLE[protocol];
  if (!unreachable || payload[0] !== unreachable.type || payload[1] !== unreachable.code) return undefined;
  const quoted = parseIp(payload.subarray(ICMP_HEADER));
  if (quoted?.protocol !== PROTOCOL.udp || quoted.payload.length < 4) return undefined;
  const datagram = viewOf(quoted.payload);
  const isOurs =
    quoted.source.text === service.source.text &&
    quoted.destination.text === service.address.text &&
    datagram.getUint16(0) === probe.sourcePort &&
    datagram.getUint16(2) === service.port;
  return isOurs ? { good: false } : undefined;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
