/** What translation tells about itself, as a tree; `trace-text.ts` prints it the way `ofproto/trace` does. */
import type { Action } from "../actions/action.ts";
import type { Rule } from "../tables/rule.ts";

export type TraceKind =
  | "bridge"
  | "thaw"
  | "table"
  | "bucket"
  | "action"
  | "detail"
  | "warning"
  | "error"
  /** A line of a thaw, or "--. Executing action set:". */
  | "state";

export interface TraceNode {
  readonly kind: TraceKind;
  readonly text: string;
  readonly children: TraceNode[];
  /** Of "table": its number, and the rule found. */
  readonly table?: number;
  readonly rule?: Rule;
  /** Of "action". */
  readonly action?: Action;
}

/** A packet that goes through the pipeline again under another recirculation id; traces follow it. */
export interface ForkedPipeline {
  readonly kind: "conntrack";
  readonly recirculationId: number;
  readonly zone: number;
  /** The flow when it left. */
  readonly flow: Uint8Array;
  readonly nat?: Extract<Action, { type: "nat" }>;
}

export interface Trace {
  readonly roots: TraceNode[];
  readonly forks: ForkedPipeline[];
}

export function createTrace(): Trace {
  return { roots: [], forks: [] };
}
