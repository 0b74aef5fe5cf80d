/** Decodes OP_SELECT. A bucket of a slot table is alive when a slot leads to it; one of a scored group, when it has weight. */
import {
  HASH_L4,
  OP_SELECT_ALG,
  OP_SELECT_BASIS,
  OP_SELECT_BUCKETS,
  OP_SELECT_FIELDS,
  OP_SELECT_METHOD,
  OP_SELECT_PARAM,
  OP_SELECT_SLOT_MASK,
  OP_SELECT_TABLES,
  SELECT_BUCKET_COUNTERS,
  SELECT_BUCKET_ID,
  SELECT_BUCKET_PROGRAM,
  SELECT_BUCKET_PROGRAM_BYTES,
  SELECT_BUCKET_SIZE,
  SELECT_BUCKET_WEIGHT,
  SELECT_DP_HASH,
  SELECT_FIELD_BYTES,
  SELECT_FIELD_MASK,
  SELECT_FIELD_OFFSET,
} from "../../assembly/layout/program.ts";
import type { SelectAction, SelectBucket, SelectField } from "./datapath-action.ts";
import { decodeProgram } from "./program-decode.ts";

/** `bytes` is one whole instruction. */
export function decodeSelect(bytes: Uint8Array): SelectAction {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(OP_SELECT_METHOD, true) === SELECT_DP_HASH) {
    const slots = view.getUint32(OP_SELECT_SLOT_MASK, true) + 1;
    const chosen = new Set(Array.from({ length: slots }, (_, i) => view.getUint16(OP_SELECT_TABLES + 2 * i, true)));
    const algorithm = view.getUint32(OP_SELECT_ALG, true) === HASH_L4 ? "l4" : "sym_l4";
    const basis = view.getUint32(OP_SELECT_BASIS, true);
    const buckets = decodeBuckets(bytes, view, OP_SELECT_TABLES + Math.ceil(slots / 2) * 4);
    return {
      type: "select",
      method: { kind: "dp_hash", basis, algorithm },
      buckets: buckets.map((bucket, index) => ({ ...bucket, alive: bucket.weight === 0 || chosen.has(index) })),
    };
  }
  const fields: SelectField[] = [];
  let at = OP_SELECT_TABLES;
  for (let left = view.getUint32(OP_SELECT_FIELDS, true); left > 0; left--) {
    const length = view.getUint16(at + SELECT_FIELD_BYTES, true);
    const mask = bytes.slice(at + SELECT_FIELD_MASK, at + SELECT_FIELD_MASK + length);
    fields.push({ keyOffset: view.getUint16(at + SELECT_FIELD_OFFSET, true), mask });
    at += SELECT_FIELD_MASK + Math.ceil(length / 4) * 4;
  }
  return {
    type: "select",
    method: { kind: "fields", param: view.getBigUint64(OP_SELECT_PARAM, true), fields },
    buckets: decodeBuckets(bytes, view, at),
  };
}

function decodeBuckets(bytes: Uint8Array, view: DataView, table: number): SelectBucket[] {
  return Array.from({ length: view.getUint32(OP_SELECT_BUCKETS, true) }, (_, index) => {
    const at = table + index * SELECT_BUCKET_SIZE;
    const program = view.getUint32(at + SELECT_BUCKET_PROGRAM, true);
    const weight = view.getUint32(at + SELECT_BUCKET_WEIGHT, true);
    return {
      id: view.getUint32(at + SELECT_BUCKET_ID, true),
      weight,
      alive: weight > 0,
      actions: decodeProgram(bytes.subarray(program, program + view.getUint32(at + SELECT_BUCKET_PROGRAM_BYTES, true))),
      counters: view.getUint32(at + SELECT_BUCKET_COUNTERS, true),
    };
  });
}
