/**
 * The slow path's flow: the datapath's flow key followed by what only the OpenFlow pipeline knows.
 *
 * A flow is FLOW_SIZE bytes, every field a big-endian bit string at a fixed byte offset, so that matching, masking, moving and
 * learning are the same few operations on bytes for every field. Wildcards have the same layout: a set bit means "looked at".
 * In a flow that the translation works on, KEY_IN_PORT holds the *OpenFlow* port number; the datapath's number is in the upcall.
 */
import { KEY_SIZE } from "../../../assembly/layout/key.ts";

export const FLOW_REGS = KEY_SIZE; // reg0..reg15, 4 bytes each: xreg and xxreg are overlapping runs
export const FLOW_METADATA = FLOW_REGS + 64; // 8 bytes
export const FLOW_CONJ_ID = FLOW_METADATA + 8; // u32
export const FLOW_ACTSET_OUTPUT = FLOW_CONJ_ID + 4; // u32
export const FLOW_PACKET_TYPE = FLOW_ACTSET_OUTPUT + 4; // u32, 0 = Ethernet
export const FLOW_TUNNEL_METADATA_PAD = FLOW_PACKET_TYPE + 4; // 4 bytes, zero
export const FLOW_SIZE = FLOW_TUNNEL_METADATA_PAD + 4;
/** 32-bit words in a flow: matching works on Uint32Array views. */
export const FLOW_WORDS = FLOW_SIZE / 4;
