/** The two numbers of a datapath key that say where its packet stands: the port it came by, and the recirculation it is in. */
import { KEY_IN_PORT, KEY_RECIRC_ID } from "../../assembly/layout/key.ts";

export const inPortOfKey = (key: Uint8Array): number => readUint32(key, KEY_IN_PORT);

/** 0: the packet has just been received. */
export const recirculationIdOfKey = (key: Uint8Array): number => readUint32(key, KEY_RECIRC_ID);

export function setInPort(key: Uint8Array, port: number): void {
  key[KEY_IN_PORT] = port >>> 24;
  key[KEY_IN_PORT + 1] = port >>> 16;
  key[KEY_IN_PORT + 2] = port >>> 8;
  key[KEY_IN_PORT + 3] = port;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}
