/**
 * CRC32c (Castagnoli), SCTP's checksum (RFC 9260 appendix A).
 *
 * What: slicing by four over tables in linear memory, built once per memory, and the jump over zeros that lets a CRC be
 *   patched without reading what follows.
 * Invariants: bits are reflected: bit 31 of a register is the coefficient of x^0. The tables are a function of nothing, so
 *   two threads that build them at once write the same bytes.
 */
import { CRC32C_TABLES_BASE } from "../memory.ts";

const POLYNOMIAL: u32 = 0x82f6_3b78;
const TABLE_BYTES: usize = 1024;
/** x^0 and x^8, reflected. */
const ONE: u32 = 0x8000_0000;
const ONE_BYTE: u32 = 0x0080_0000;

/** The register before the first byte. */
export function startCrc32c(): u32 {
  if (load<u32>(CRC32C_TABLES_BASE + 4) == 0) buildTables();
  return 0xffff_ffff;
}

/** The checksum from the register after the last byte; stored little-endian. */
@inline
export function finishCrc32c(crc: u32): u32 {
  return ~crc;
}

@inline
function entry(table: usize, index: u32): u32 {
  return load<u32>(CRC32C_TABLES_BASE + table * TABLE_BYTES + ((<usize>index & 0xff) << 2));
}

function buildTables(): void {
  for (let index: u32 = 0; index < 256; index++) {
    let crc = index;
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) != 0 ? POLYNOMIAL : 0);
    let table = CRC32C_TABLES_BASE + ((<usize>index) << 2);
    store<u32>(table, crc);
  }
  for (let index: u32 = 0; index < 256; index++) {
    let crc = entry(0, index);
    for (let table: usize = 1; table < 4; table++) {
      crc = (crc >> 8) ^ entry(0, crc);
      store<u32>(CRC32C_TABLES_BASE + table * TABLE_BYTES + ((<usize>index) << 2), crc);
    }
  }
}

/** Runs the register over `length` bytes. */
export function addCrc32c(register: u32, address: usize, length: u32): u32 {
  let crc = register;
  let left = length;
  while (left >= 4) {
    crc ^= load<u32>(address);
    crc = entry(3, crc) ^ entry(2, crc >> 8) ^ entry(1, crc >> 16) ^ entry(0, crc >> 24);
    address += 4;
    left -= 4;
  }
  while (left != 0) {
    crc = (crc >> 8) ^ entry(0, crc ^ load<u8>(address));
    address++;
    left--;
  }
  return crc;
}

/** Runs the register over `length` zero bytes: multiplies by x^(8 * length) modulo the polynomial. */
export function advanceCrc32c(register: u32, length: u32): u32 {
  let factor = ONE;
  let power = ONE_BYTE;
  for (let left = length; left != 0; left >>= 1) {
    if ((left & 1) != 0) factor = multiply(factor, power);
    power = multiply(power, power);
  }
  return multiply(factor, register);
}

/** Product of two polynomials modulo POLYNOMIAL. */
function multiply(a: u32, b: u32): u32 {
  let product: u32 = 0;
  for (let bit: u32 = ONE; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = (b >> 1) ^ ((b & 1) != 0 ? POLYNOMIAL : 0);
  }
  return product;
}
