/** A frame from a port with offloads may lack its checksum: whoever gets it outside the datapath needs it whole. */

/** struct virtio_net_hdr: flags u8, GSO type u8, then u16 in the machine's order: header length, GSO size, checksum start and offset. */
const NEEDS_CHECKSUM = 1;
const START = 6;
const OFFSET = 8;
const UDP_CHECKSUM_OFFSET = 6;

/** Fills in the checksum in place. */
export function finishPartialChecksum(frame: Uint8Array, vnet: Uint8Array): void {
  if (vnet.length < OFFSET + 2 || (vnet[0] & NEEDS_CHECKSUM) === 0) return;
  const header = new DataView(vnet.buffer, vnet.byteOffset, vnet.length);
  const start = header.getUint16(START, true);
  const offset = header.getUint16(OFFSET, true);
  if (start + offset + 2 > frame.length) return;
  let sum = 0;
  for (let i = start; i + 1 < frame.length; i += 2) sum += (frame[i] << 8) | frame[i + 1];
  if ((frame.length - start) % 2 === 1) sum += frame[frame.length - 1] << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  const checksum = ~sum & 0xffff;
  // UDP's zero means that there is none.
  const value = checksum === 0 && offset === UDP_CHECKSUM_OFFSET ? 0xffff : checksum;
  frame[start + offset] = value >> 8;
  frame[start + offset + 1] = value & 0xff;
}
