/** `push:FIELD[…]` and `pop:FIELD[…]`: a stack of bit strings, kept as big-endian bytes with their width. */
import { getSubfield, getSubfieldNumber, setSubfield, setSubfieldNumber, unwildcardSubfield } from "../flow/flow.ts";
import { hasPrerequisites } from "../flow/prerequisites.ts";
import { formatSubfield, parseSubfield } from "../flow/subfield.ts";
import { markWritten } from "../translate/write.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { writable } from "./set-field.ts";

/** As OVS: what a stack of 64 kB holds at 2…18 bytes an entry is far beyond any pipeline; entries are counted instead. */
export const MAX_STACK = 4096;

export const push: ActionDefinition<ActionOf<"push">> = {
  type: "push",
  keywords: ["push"],
  parse: ({ value }) => ({ type: "push", source: parseSubfield(value) }),
  format: ({ source }) => `push:${formatSubfield(source)}`,
  translate(context, { source }) {
    const { flow, wildcards, stack } = context;
    const present = hasPrerequisites(flow, source.field, wildcards);
    if (present) unwildcardSubfield(wildcards, source);
    if (stack.length >= MAX_STACK) {
      context.report("error", "resubmits yielded over 64 kB of stack");
      context.fail("stack_too_deep");
    } else if (!present) {
      stack.push(0);
    } else {
      stack.push(source.bits <= 32 ? getSubfieldNumber(flow, source) : getSubfield(flow, source));
    }
    return undefined;
  },
};

export const pop: ActionDefinition<ActionOf<"pop">> = {
  type: "pop",
  keywords: ["pop"],
  parse({ value }) {
    const destination = parseSubfield(value);
    writable(destination.field, value);
    return { type: "pop", destination };
  },
  format: ({ destination }) => `pop:${formatSubfield(destination)}`,
  translate(context, { destination }) {
    const { flow, wildcards, stack } = context;
    const value = stack.pop();
    if (value === undefined) {
      context.report("error", "stack underflow");
      return undefined;
    }
    if (hasPrerequisites(flow, destination.field, wildcards)) {
      const { bits } = destination;
      if (bits <= 32 && typeof value === "number")
        setSubfieldNumber(flow, destination, bits < 32 ? value % 2 ** bits : value);
      else setSubfield(flow, destination, BigInt.asUintN(bits, BigInt(value)));
      markWritten(context, destination);
    }
    context.reportSubfield(destination);
    return undefined;
  },
};
