/** Encodes OP_SELECT: header, slot table or fields, buckets, and the buckets' programs. */
import {
  HASH_L4,
  HASH_SYM_L4,
  OP_SELECT,
  SELECT_BUCKET_PROGRAM,
  SELECT_BUCKET_PROGRAM_BYTES,
  SELECT_BUCKET_SIZE,
  SELECT_DP_HASH,
  SELECT_FIELDS,
} from "../../assembly/layout/program.ts";
import type { ByteWriter } from "./byte-writer.ts";
import type { SelectAction } from "./datapath-action.ts";
import { encodeActions, instruction } from "./program.ts";
import { NO_BUCKET, selectSlots } from "./select-slots.ts";

/**
 * A group that no slot table fits (no live weight, or weights more than 256 slots apart) gets a single slot without a bucket
 * and drops with a reason: the slow path, like OVS, chooses another method for such a group beforehand.
 */
export function encodeSelect(writer: ByteWriter, action: SelectAction): void {
  const start = writer.length;
  const { method, buckets } = action;
  instruction(writer, OP_SELECT, () => {
    const dpHash = method.kind === "dp_hash";
    const slots = dpHash ? (selectSlots(buckets) ?? Uint16Array.of(NO_BUCKET)) : undefined;
    writer.u32(dpHash ? SELECT_DP_HASH : SELECT_FIELDS);
    writer.u32(dpHash ? method.basis : 0);
    writer.u32(dpHash && method.algorithm === "sym_l4" ? HASH_SYM_L4 : HASH_L4);
    writer.u32(slots ? slots.length - 1 : 0);
    writer.u32(buckets.length);
    writer.u32(dpHash ? 0 : method.fields.length);
    writer.u64(dpHash ? 0n : method.param);
    if (slots) {
      for (const bucket of slots) writer.u16(bucket);
      writer.align(4, start);
    }
    if (!dpHash) {
      for (const field of method.fields) {
        writer.u16(field.keyOffset);
        writer.u16(field.mask.length);
        writer.u32(0);
        writer.bytes(field.mask);
        writer.align(4, start);
      }
    }
    encodeBuckets(writer, action, start);
  });
}

function encodeBuckets(writer: ByteWriter, { method, buckets }: SelectAction, start: number): void {
  const table = writer.length;
  for (const bucket of buckets) {
    writer.u32(bucket.id);
    // A slot table has settled who is dead; scores have only the weight to tell.
    writer.u32(method.kind === "dp_hash" || bucket.alive ? bucket.weight : 0);
    writer.u32(0);
    writer.u32(0);
    writer.u32(bucket.counters);
  }
  buckets.forEach((bucket, index) => {
    const entry = table + index * SELECT_BUCKET_SIZE;
    const program = writer.length;
    encodeActions(writer, bucket.actions);
    writer.patch32(entry + SELECT_BUCKET_PROGRAM, program - start);
    writer.patch32(entry + SELECT_BUCKET_PROGRAM_BYTES, writer.length - program);
  });
}
