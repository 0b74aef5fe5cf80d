/** Messages gone wrong: cut, stretched, with bits turned, with lengths that lie. */

/** A small generator of numbers, the same ones for the same seed (mulberry32). */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const HEADER = 8;

function setLength(bytes: Uint8Array): Uint8Array {
  if (bytes.length >= HEADER) new DataView(bytes.buffer, bytes.byteOffset).setUint16(2, bytes.length);
  return bytes;
}

/** One wrong message from a right one. Its own length field is made to fit, so that it is read and not only cut out of the stream. */
export function mutate(message: Uint8Array, random: (below: number) => number): Uint8Array {
  const bytes = message.slice();
  switch (random(6)) {
    case 0:
      return setLength(bytes.slice(0, HEADER + random(Math.max(1, bytes.length - HEADER))));
    case 1: {
      const longer = new Uint8Array(bytes.length + 1 + random(64));
      longer.set(bytes);
      for (let i = bytes.length; i < longer.length; i++) longer[i] = random(256);
      return setLength(longer);
    }
    case 2:
      // Somewhere inside, something that may be a length.
      if (bytes.length >= HEADER + 2) {
        const at = HEADER + random(bytes.length - HEADER - 1);
        new DataView(bytes.buffer).setUint16(at, [0, 1, 4, 7, 0xffff, 0x8000, bytes.length][random(7)]);
      }
      return bytes;
    case 3:
      bytes[1] = random(40);
      return bytes;
    default:
      for (let i = 1 + random(8); i > 0; i--) {
        const at = HEADER + random(Math.max(1, bytes.length - HEADER));
        if (at < bytes.length) bytes[at] ^= 1 << random(8);
      }
      return bytes;
  }
}
