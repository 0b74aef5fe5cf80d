/**
 * ct(): commits what is pending, tracks, and with `table` sends a copy of the packet round to go on there with ct_state known.
 * The packet itself goes on with the next action, untracked.
 */
import {
  KEY_CT_IPV6_DST,
  KEY_CT_IPV6_SRC,
  KEY_CT_LABEL,
  KEY_CT_MARK,
  KEY_CT_NW_PROTO,
  KEY_CT_NW_SRC,
  KEY_CT_STATE,
  KEY_CT_ZONE,
} from "../../../assembly/layout/key.ts";
import type { CtAction, Masked, NatRange } from "../../fastpath/datapath-action.ts";
import type { CtActionSpec, NatAction } from "../actions/action.ts";
import { getSubfieldNumber, unwildcardSubfield } from "../flow/flow.ts";
import { FLOW_CONJ_ID, FLOW_REGS } from "../flow/flow-layout.ts";
import type { TranslationContext } from "./context.ts";
import { finishFreezing } from "./freeze.ts";

const MARK_BYTES = 4;
const LABEL_BYTES = 16;

/** The runs of the flow that only tracking fills. */
const trackedRuns: readonly (readonly [from: number, to: number])[] = [
  [KEY_CT_MARK, KEY_CT_MARK + MARK_BYTES],
  [KEY_CT_STATE, KEY_CT_ZONE + 2],
  [KEY_CT_LABEL, KEY_CT_LABEL + LABEL_BYTES],
  [KEY_CT_NW_SRC, KEY_CT_NW_PROTO + 1],
  [KEY_CT_IPV6_SRC, KEY_CT_IPV6_DST + 16],
];

/** The pipeline sees the packet as untracked from here on. */
export function clearTracking(context: TranslationContext): void {
  context.conntracked = false;
  for (const [from, to] of trackedRuns) {
    context.flow.fill(0, from, to);
    context.written.fill(0xff, from, to);
  }
}

/** Registers and metadata of a thawed packet come from the frozen state, which the recirculation id stands for. */
function isFrozen(offset: number): boolean {
  return offset >= FLOW_REGS && offset < FLOW_CONJ_ID;
}

function zoneOf(context: TranslationContext, zone: CtActionSpec["zone"]): number {
  if (typeof zone === "number") return zone;
  if (!isFrozen(zone.field.offset)) unwildcardSubfield(context.wildcards, zone);
  return getSubfieldNumber(context.flow, zone);
}

/** What exec() wrote at `offset`. */
function writtenAt({ flow, written }: TranslationContext, offset: number, bytes: number): Masked | undefined {
  const mask = written.slice(offset, offset + bytes);
  if (mask.every((byte) => byte === 0)) return undefined;
  return { value: mask.map((byte, i) => byte & flow[offset + i]), mask };
}

/** Runs exec(): what it writes goes to the connection, so the packet's own mark and label are looked at only if it copies them. */
function runExec(context: TranslationContext, spec: CtActionSpec): { mark?: Masked; label?: Masked } {
  context.nat = undefined;
  if (spec.exec.length === 0) {
    if (spec.nat) context.execute([spec.nat], false, false);
    return {};
  }
  const { wildcards, written } = context;
  const saved = [wildcards, written].map((bits) => ({
    bits,
    mark: bits.slice(KEY_CT_MARK, KEY_CT_MARK + MARK_BYTES),
    label: bits.slice(KEY_CT_LABEL, KEY_CT_LABEL + LABEL_BYTES),
  }));
  written.fill(0, KEY_CT_MARK, KEY_CT_MARK + MARK_BYTES);
  written.fill(0, KEY_CT_LABEL, KEY_CT_LABEL + LABEL_BYTES);
  context.execute(spec.nat ? [spec.nat, ...spec.exec] : spec.exec, false, false);
  const mark = writtenAt(context, KEY_CT_MARK, MARK_BYTES);
  const label = writtenAt(context, KEY_CT_LABEL, LABEL_BYTES);
  for (const { bits, mark: oldMark, label: oldLabel } of saved) {
    bits.set(oldMark, KEY_CT_MARK);
    bits.set(oldLabel, KEY_CT_LABEL);
  }
  for (const action of spec.exec) if (action.type === "move") unwildcardSubfield(wildcards, action.source);
  return { ...(mark && { mark }), ...(label && { label }) };
}

function natRange({ direction, addressMin, addressMax, portMin, portMax, ...flags }: NatAction): NatRange {
  if (!direction) return {};
  const { persistent, hash, random } = flags;
  return {
    type: direction,
    ...(addressMin && { addressMin, addressMax: addressMax ?? addressMin }),
    ...(addressMin && portMin && { portMin, portMax: portMax ?? portMin }),
    ...(persistent && { persistent }),
    ...(hash && { hash }),
    ...(random && { random }),
  };
}

export function track(context: TranslationContext, spec: CtActionSpec): void {
  context.commit();
  const zone = zoneOf(context, spec.zone);
  const marks = runExec(context, spec);
  const timeoutPolicy = spec.commit ? context.bridge.timeoutPolicy?.(zone) : undefined;
  const action: CtAction = {
    type: "ct",
    ...(spec.commit && { commit: true }),
    ...(spec.force && { force: true }),
    zone,
    ...marks,
    ...(spec.nat && { nat: natRange(spec.nat) }),
    ...(spec.alg && { helper: spec.alg }),
    ...(timeoutPolicy !== undefined && { timeoutPolicy }),
  };
  context.actions.push(action);
  if (spec.table !== undefined) fork(context, spec.table, zone, spec.nat);
  clearTracking(context);
  context.report("detail", "Sets the packet to an untracked state, and clears all the conntrack fields.");
}

function fork(context: TranslationContext, table: number, zone: number, nat: NatAction | undefined): void {
  context.conntracked = true;
  const id = finishFreezing(context, table);
  if (!context.trace) return;
  context.trace.forks.push({ kind: "conntrack", recirculationId: id, zone, flow: context.flow.slice(), nat });
  context.report(
    "detail",
    `A clone of the packet is forked to recirculate. The forked pipeline will be resumed at table ${table}.`,
  );
}
