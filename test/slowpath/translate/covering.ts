/** The property that megaflows stand on, as a function: used by covering.test.ts on sound translation and on spoiled ones. */
import { KEY_SIZE } from "../../../assembly/layout/key.ts";
import { FLOW_SIZE } from "../../../src/slowpath/flow/flow-layout.ts";
import { RecirculationTable } from "../../../src/slowpath/translate/recirculation.ts";
import { type TranslationInput, translate } from "../../../src/slowpath/translate/translate.ts";
import type { Effect, Translation } from "../../../src/slowpath/translate/translation.ts";
import { coveredPacket, firstPass, type Random, random, randomPacket } from "./packets.ts";
import { buildBridge, type Pipeline } from "./random-pipeline.ts";

export type Translate = (input: TranslationInput) => Translation;

/** Text that is equal for equal values; bytes as hex. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part) => {
    if (part instanceof Uint8Array) return Buffer.from(part).toString("hex");
    return typeof part === "bigint" ? `${part}n` : part;
  });
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

/** Deep equality of plain data: far faster than comparing texts. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && sameItems([...a], [...b]);
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => same(item, b[i]));
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
}

/** Side effects that happen for every packet of the megaflow, not only for those the slow path sees. */
function learned({ effects }: Translation): Effect[] {
  return effects.filter(({ type }) => type === "learn" || type === "learn_mac");
}

/** All that must be the same for every packet of a megaflow. */
function sameVerdict(a: Translation, b: Translation): boolean {
  return (
    a.slow === b.slow &&
    a.error === b.error &&
    sameItems(a.rules, b.rules) &&
    sameItems(a.missedTables, b.missedTables) &&
    sameItems(a.groups, b.groups) &&
    sameItems(a.buckets, b.buckets) &&
    sameItems(a.recirculationIds, b.recirculationIds) &&
    same(a.actions, b.actions) &&
    same(learned(a), learned(b))
  );
}

/** For messages. */
function describe(translation: Translation): string {
  const { actions, slow, error, rules, missedTables, groups, recirculationIds } = translation;
  const hit = rules.map(({ table, priority }) => `${table}:${priority}`);
  return canonical({
    actions,
    slow,
    error,
    hit,
    missedTables,
    groups,
    recirculationIds,
    learned: learned(translation),
  });
}

export interface Budget {
  /** Packets of a first pass, variants of each, and how many recirculations deep. */
  readonly packets: number;
  readonly variants: number;
  readonly depth: number;
}

export interface Coverage {
  translations: number;
  compared: number;
  recirculated: number;
}

/** A counterexample, told so that one can see what happened. */
export class UncoveredError extends Error {}

function difference(a: Uint8Array, b: Uint8Array): string {
  const bytes: string[] = [];
  for (let i = 0; i < KEY_SIZE; i++) if (a[i] !== b[i]) bytes.push(`${i}: ${a[i].toString(16)}→${b[i].toString(16)}`);
  return bytes.join(", ");
}

/** @throws UncoveredError when a covered packet is treated unlike the one that made the megaflow. */
export function checkPipeline(pipeline: Pipeline, budget: Budget, run: Translate, coverage: Coverage): void {
  const bridge = buildBridge(pipeline);
  const recirculation = new RecirculationTable(() => 0);
  const next = random(pipeline.seed);
  const common = { bridge, recirculation, select: pipeline.select };
  const ids = new Set<number>();
  let pending: number[] = Array.from({ length: budget.packets }, () => firstPass.id);
  for (let depth = 0; depth <= budget.depth && pending.length > 0; depth++) {
    const found: number[] = [];
    for (const id of pending) checkPacket(common, id, next, budget.variants, run, coverage, ids, found);
    pending = found;
  }
}

function checkPacket(
  common: Omit<TranslationInput, "flow">,
  id: number,
  next: Random,
  variants: number,
  run: Translate,
  coverage: Coverage,
  ids: Set<number>,
  found: number[],
): void {
  const pass = { id, hashed: common.recirculation.state(id)?.hashed ?? false };
  const packet = randomPacket(next, pass);
  const translation = run({ ...common, flow: packet });
  coverage.translations++;
  if (id !== 0) coverage.recirculated++;
  for (let i = 0; i < variants; i++) {
    const variant = coveredPacket(next, packet, translation.wildcards, pass);
    if (!variant) continue;
    coverage.compared++;
    const other = run({ ...common, flow: variant });
    if (!sameVerdict(translation, other)) {
      throw new UncoveredError(
        `packets of one megaflow differ in ${difference(packet, variant)}\n${describe(translation)}\n${describe(other)}`,
      );
    }
  }
  for (const recirculationId of translation.recirculationIds) {
    if (ids.has(recirculationId)) continue;
    ids.add(recirculationId);
    found.push(recirculationId, recirculationId);
  }
}

/**
 * Translation that watches the tables: they may see something else than the packet only where `written` says so. The
 * revalidator trusts that when it asks which megaflows a new rule can concern.
 */
export const watched: Translate = (input) => {
  const { tables } = input.bridge;
  const seen: Uint8Array[] = [];
  const { lookup } = tables;
  tables.lookup = (table, flow, wildcards) => {
    seen.push(flow.slice());
    return lookup.call(tables, table, flow, wildcards);
  };
  const translation = translate(input);
  tables.lookup = lookup;
  for (const flow of seen) {
    for (let i = 0; i < FLOW_SIZE; i++) {
      if ((flow[i] ^ input.flow[i]) & ~translation.written[i]) {
        throw new UncoveredError(`a table saw byte ${i} as ${flow[i]}, the packet has ${input.flow[i]}`);
      }
    }
  }
  return translation;
};

/** Translation, but nothing changes for the one who asks: the real thing. */
export const sound: Translate = translate;
