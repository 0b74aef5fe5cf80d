/**
 * Transmit queues as the kernel reads them (message-layout.ts).
 *
 * The list of ports that have something queued stands at IO_BASE: u32 count, then u32 port numbers.
 */
import { CONTROL_HOST_BASE } from "../layout/control.ts";
import { DROP_TX_ERROR, DROP_TX_FULL } from "../layout/counter.ts";
import { PACKET_DATA, PACKET_HEAD_LENGTH, PACKET_LENGTH, PACKET_PAYLOAD, VNET_HEADER_SIZE } from "../layout/packet.ts";
import { PORT_FEATURES, PORT_FEATURE_VNET, PORT_NUMBER, PORT_TX_BYTES, PORT_TX_COUNT, PORT_TX_DROPPED, PORT_TX_ERRORS, PORT_TX_LISTED, PORT_TX_MESSAGES, PORT_TX_PACKETS, PORT_TX_VECTORS } from "../layout/port.ts";
import { drop } from "../counters.ts";
import { CONTROL_BASE, IO_BASE } from "../memory.ts";
import { flushPort } from "./host.ts";
import { MESSAGE_SIZE, MESSAGE_VECTOR_COUNT, MESSAGE_VECTORS, VECTOR_LENGTH, VECTOR_SIZE } from "./message-layout.ts";
import { countPort, portRecord } from "./port-record.ts";

/** Appends the packet to the queue, which has room for it. */
@inline
export function addMessage(packet: usize, record: usize, port: u32): void {
  const index = load<u32>(record, PORT_TX_COUNT);
  const messages = <usize>load<u32>(record, PORT_TX_MESSAGES);
  const vectors = <usize>load<u32>(record, PORT_TX_VECTORS);
  if (load<u32>(record, PORT_TX_LISTED) == 0) listPort(record, port);
  store<u32>(record, index + 1, PORT_TX_COUNT);

  const host = load<u64>(CONTROL_BASE, CONTROL_HOST_BASE);
  const message = messages + <usize>index * MESSAGE_SIZE;
  const vector = vectors + <usize>index * (2 * VECTOR_SIZE);
  const header = vnetSize(record);
  const head = load<u32>(packet, PACKET_HEAD_LENGTH);
  const rest = load<u32>(packet, PACKET_LENGTH) - head;
  store<u64>(message, host + vector, MESSAGE_VECTORS);
  store<u64>(message, rest != 0 ? 2 : 1, MESSAGE_VECTOR_COUNT);
  store<u64>(vector, host + load<u32>(packet, PACKET_DATA) - header);
  store<u64>(vector, head + header, VECTOR_LENGTH);
  store<u64>(vector, rest, VECTOR_SIZE + VECTOR_LENGTH);
  if (rest != 0) store<u64>(vector, host + load<u32>(packet, PACKET_PAYLOAD), VECTOR_SIZE);
}

/** As `addMessage` for a frame in one piece, with `header` bytes of virtio-net header before it. */
@inline
export function addWhole(packet: usize, record: usize, header: u32): void {
  const index = load<u32>(record, PORT_TX_COUNT);
  if (load<u32>(record, PORT_TX_LISTED) == 0) listPort(record, load<u32>(record, PORT_NUMBER));
  store<u32>(record, index + 1, PORT_TX_COUNT);
  const messages = <usize>load<u32>(record, PORT_TX_MESSAGES) + <usize>index * MESSAGE_SIZE;
  const vectors = <usize>load<u32>(record, PORT_TX_VECTORS) + <usize>index * (2 * VECTOR_SIZE);
  writeWhole(packet, messages, vectors, load<u64>(CONTROL_BASE, CONTROL_HOST_BASE), header);
}

/** A message and its vectors for a frame in one piece. `host`: where linear memory begins. */
@inline
export function writeWhole(packet: usize, message: usize, vector: usize, host: u64, header: u32): void {
  store<u64>(message, host + vector, MESSAGE_VECTORS);
  store<u64>(message, 1, MESSAGE_VECTOR_COUNT);
  store<u64>(vector, host + (load<u32>(packet, PACKET_DATA) - header));
  store<u64>(vector, load<u32>(packet, PACKET_LENGTH) + header, VECTOR_LENGTH);
  store<u64>(vector, 0, VECTOR_SIZE + VECTOR_LENGTH);
}

/** Sends what waits in every port's queue: at the end of a batch, and before the bytes of an executed frame are reused. */
export function flushPorts(): void {
  const count = load<u32>(IO_BASE);
  for (let i: u32 = 0; i < count; i++) {
    const port = load<u32>(IO_BASE + 4 + (<usize>i << 2));
    const record = portRecord(port);
    store<u32>(record, 0, PORT_TX_LISTED);
    if (load<u32>(record, PORT_TX_COUNT) != 0) flushPort(port);
  }
  store<u32>(IO_BASE, 0);
}

/** Counts messages first..first+count-1 of the port's queue as sent. Called by the system-call side of `flushPort`. */
export function countSent(port: u32, first: u32, count: u32): void {
  const record = portRecord(port);
  const vectors = <usize>load<u32>(record, PORT_TX_VECTORS);
  const header = vnetSize(record);
  let bytes: u64 = 0;
  for (let i = first; i < first + count; i++) {
    const vector = vectors + <usize>i * (2 * VECTOR_SIZE);
    bytes += load<u64>(vector, VECTOR_LENGTH) + load<u64>(vector, VECTOR_SIZE + VECTOR_LENGTH) - header;
  }
  countPort(record, PORT_TX_PACKETS, count);
  countPort(record, PORT_TX_BYTES, bytes);
}

/** Counts `count` messages that the kernel did not take: DROP_TX_FULL or DROP_TX_ERROR. */
export function countRefused(port: u32, count: u32, full: bool): void {
  const record = portRecord(port);
  countPort(record, full ? PORT_TX_DROPPED : PORT_TX_ERRORS, count);
  for (let i: u32 = 0; i < count; i++) drop(0, full ? DROP_TX_FULL : DROP_TX_ERROR);
}

/** Counts what became of packets of a tunnel port: `bytes` of inner frames sent, or a DROP_* reason when it is not negative. */
export function countTunnelled(port: u32, packets: u32, bytes: u32, reason: i32): void {
  const record = portRecord(port);
  if (reason < 0) {
    countPort(record, PORT_TX_PACKETS, packets);
    countPort(record, PORT_TX_BYTES, bytes);
    return;
  }
  countPort(record, reason == DROP_TX_FULL ? PORT_TX_DROPPED : PORT_TX_ERRORS, packets);
  for (let i: u32 = 0; i < packets; i++) drop(0, <u32>reason);
}

/** Makes `flushPorts` look at the port. */
export function listPort(record: usize, port: u32): void {
  store<u32>(record, 1, PORT_TX_LISTED);
  const count = load<u32>(IO_BASE);
  store<u32>(IO_BASE + 4 + (<usize>count << 2), port);
  store<u32>(IO_BASE, count + 1);
}

@inline
function vnetSize(record: usize): u32 {
  return load<u32>(record, PORT_FEATURES) & PORT_FEATURE_VNET ? VNET_HEADER_SIZE : 0;
}
