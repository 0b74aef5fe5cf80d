/**
 * A port's description, as features replies, PORT_DESC and PORT_STATUS have it.
 *
 *     1.0:     number u16, address 6, name 16, config u32, state u32, 4 × features u32
 *     1.1–1.3: number u32, pad 4, address 6, pad 2, name 16, config u32, state u32, 4 × features u32, speed u32, max speed u32
 *     1.4+:    number u32, length u16, pad 2, address 6, pad 2, name 16, config u32, state u32, properties
 */
import { OpenFlowError } from "../wire/errors.ts";
import { portFrom32, portTo32 } from "../wire/ports.ts";
import { readProperties, writeProperty } from "../wire/property.ts";
import type { Reader } from "../wire/reader.ts";
import { OF10, OF14, type Version } from "../wire/version.ts";
import { Writer } from "../wire/writer.ts";

/** What can be configured about a port. */
export interface PortConfig {
  readonly down: boolean;
  readonly noReceive: boolean;
  /** 1.0 only. */
  readonly noFlood: boolean;
  readonly noForward: boolean;
  readonly noPacketIn: boolean;
}

export interface PortDescription {
  readonly number: number;
  /** 6 bytes. */
  readonly address: Uint8Array;
  readonly name: string;
  readonly config: PortConfig;
  readonly linkDown: boolean;
  /** Buckets that watch it are alive. */
  readonly live: boolean;
  /** OFPPF_* of 1.1 and later. */
  readonly features: number;
  /** Kilobits a second. */
  readonly speed: number;
  readonly maxSpeed: number;
}

const NAME_BYTES = 16;
const ETHERNET = 0;

/** Bits, and in which versions. */
const configBits: readonly (readonly [keyof PortConfig, number, only10: boolean])[] = [
  ["down", 1 << 0, false],
  ["noReceive", 1 << 2, false],
  ["noFlood", 1 << 4, true],
  ["noForward", 1 << 5, false],
  ["noPacketIn", 1 << 6, false],
];
const LINK_DOWN = 1 << 0;
const LIVE = 1 << 2;

export function portConfigBits(config: PortConfig, version: Version): number {
  let bits = 0;
  for (const [name, bit, only10] of configBits) if (config[name] && (!only10 || version === OF10)) bits |= bit;
  return bits;
}

export function portConfigOf(bits: number, version: Version): PortConfig {
  const read = ([name, bit, only10]: (typeof configBits)[number]) =>
    [name, (bits & bit) !== 0 && (!only10 || version === OF10)] as const;
  return Object.fromEntries(configBits.map(read)) as unknown as PortConfig;
}

/** Speeds are the same; 1.0 has no place for those beyond 10 Gb/s, and medium and the like lie lower. */
function features10(features: number): number {
  return (features & 0x7f) | ((features >> 4) & 0xf80);
}

function features11(features: number): number {
  return (features & 0x7f) | ((features & 0xf80) << 4);
}

export function writePortDescription(writer: Writer, port: PortDescription, version: Version): void {
  const from = writer.length;
  if (version === OF10) writer.u16(port.number);
  else {
    writer.u32(portTo32(port.number));
    writer.zeros(4);
  }
  writer.bytes(port.address);
  if (version !== OF10) writer.zeros(2);
  writer.text(port.name, NAME_BYTES);
  writer.u32(portConfigBits(port.config, version));
  writer.u32((port.linkDown ? LINK_DOWN : 0) | (port.live && version !== OF10 ? LIVE : 0));
  if (version === OF10) {
    writer.u32(features10(port.features));
    writer.zeros(12);
  } else if (version < OF14) {
    writeEthernet(writer, port);
  } else {
    writeProperty(writer, ETHERNET, () => {
      writer.zeros(4);
      writeEthernet(writer, port);
    });
    writer.patchU16(from + 4, writer.length - from);
  }
}

/** Whether a version has no word for the difference. */
export function isSamePort(a: PortDescription, b: PortDescription, version: Version): boolean {
  const written = (port: PortDescription): Uint8Array => {
    const writer = new Writer();
    writePortDescription(writer, port, version);
    return writer.finish();
  };
  return Buffer.compare(written(a), written(b)) === 0;
}

function writeEthernet(writer: Writer, { features, speed, maxSpeed }: PortDescription): void {
  writer.u32(features);
  writer.zeros(12);
  writer.u32(speed);
  writer.u32(maxSpeed);
}

interface Ethernet {
  readonly features: number;
  readonly speed: number;
  readonly maxSpeed: number;
}

function readEthernet(body: Reader): Ethernet {
  const features = body.u32();
  body.skip(12);
  return { features, speed: body.u32(), maxSpeed: body.u32() };
}

function readProperties14(body: Reader): Ethernet {
  let ethernet: Ethernet = { features: 0, speed: 0, maxSpeed: 0 };
  for (const property of readProperties(body)) {
    if (property.experimenter !== 0 || property.type !== ETHERNET) continue;
    property.body.skip(4);
    ethernet = readEthernet(property.body);
  }
  return ethernet;
}

export function readPortDescription(reader: Reader, version: Version): PortDescription {
  const number = version === OF10 ? reader.u16() : portFrom32(reader.u32());
  let body = reader;
  if (version >= OF14) {
    const length = reader.u16();
    if (length < 40) throw new OpenFlowError("OFPBRC_BAD_LEN", `a port of ${length} bytes`);
    body = reader.part(length - 6);
    body.skip(2);
  } else if (version !== OF10) body.skip(4);
  const address = body.bytes(6).slice();
  if (version !== OF10) body.skip(2);
  const name = Buffer.from(body.bytes(NAME_BYTES)).toString("utf8").replace(/\0.*$/s, "");
  const config = portConfigOf(body.u32(), version);
  const state = body.u32();
  let ethernet: Ethernet;
  if (version === OF10) {
    ethernet = { features: features11(body.u32()), speed: 0, maxSpeed: 0 };
    body.skip(12);
  } else {
    ethernet = version < OF14 ? readEthernet(body) : readProperties14(body);
  }
  return {
    number,
    address,
    name,
    config,
    linkDown: (state & LINK_DOWN) !== 0,
    live: (state & LIVE) !== 0,
    ...ethernet,
  };
}
