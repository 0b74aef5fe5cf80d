/**
 * What to do to the switch to get from one set of rules and groups to another: the least, so that what stays is not disturbed.
 *
 * Meant to be applied as a whole. Order, where it matters: groups added and modified, rules deleted and added, groups deleted.
 */
import { formatGroup, type GroupText } from "./groups.ts";
import { formatMatch, formatRule, type RuleText } from "./rules.ts";

export interface Program {
  /** By rule key. */
  readonly rules: ReadonlyMap<string, RuleText>;
  readonly groups: ReadonlyMap<number, GroupText>;
}

export const EMPTY_PROGRAM: Program = { rules: new Map(), groups: new Map() };

export interface Changes {
  readonly flows: {
    /** Whole rules. One with the table, priority and match of an installed rule replaces it. */
    readonly add: readonly string[];
    /** "table=8, priority=50,metadata=0x1": exactly that rule goes (delete_strict). */
    readonly delete: readonly string[];
  };
  readonly groups: {
    readonly add: readonly string[];
    readonly modify: readonly string[];
    readonly delete: readonly number[];
  };
  /** Conntrack zones newly given to somebody: connections left there from before must go. */
  readonly flushZones: readonly number[];
}

export function changesBetween(before: Program, after: Program, flushZones: readonly number[] = []): Changes {
  const add: string[] = [];
  for (const [key, rule] of after.rules) {
    const old = before.rules.get(key);
    if (!old || old.actions !== rule.actions || old.cookie !== rule.cookie) add.push(formatRule(rule));
  }
  const gone = [...before.rules].filter(([key]) => !after.rules.has(key)).map(([, rule]) => formatMatch(rule));
  const groupTexts = (program: Program) => new Map([...program.groups].map(([id, group]) => [id, formatGroup(group)]));
  const oldGroups = groupTexts(before);
  const newGroups = groupTexts(after);
  return {
    flows: { add, delete: gone },
    groups: {
      add: [...newGroups].filter(([id]) => !oldGroups.has(id)).map(([, text]) => text),
      modify: [...newGroups]
        .filter(([id, text]) => oldGroups.has(id) && oldGroups.get(id) !== text)
        .map(([, text]) => text),
      delete: [...oldGroups.keys()].filter((id) => !newGroups.has(id)),
    },
    flushZones,
  };
}

export function isEmpty({ flows, groups, flushZones }: Changes): boolean {
  const lists = [flows.add, flows.delete, groups.add, groups.modify, groups.delete, flushZones];
  return lists.every((list: readonly unknown[]) => list.length === 0);
}
