/** What a list of actions names at any depth: ports, groups, meters. */
import type { Action } from "../actions/action.ts";

export function* everyAction(actions: readonly Action[]): Generator<Action> {
  for (const action of actions) {
    yield action;
    if (action.type === "clone" || action.type === "write_actions") yield* everyAction(action.actions);
    else if (action.type === "ct") yield* everyAction(action.exec);
  }
}

const CONTROLLER = 0xfffd;

export function outputsTo(actions: readonly Action[], port: number): boolean {
  for (const action of everyAction(actions)) {
    // As OVS: a truncated output does not count.
    if (action.type === "output" && action.port === port) return true;
    if (action.type === "controller" && port === CONTROLLER) return true;
  }
  return false;
}

export function groupsIn(actions: readonly Action[]): number[] {
  const ids: number[] = [];
  for (const action of everyAction(actions)) if (action.type === "group") ids.push(action.id);
  return ids;
}

/** Meters that packets go through. A controller action's meter may be missing: it then meters nothing. */
export function metersIn(actions: readonly Action[]): number[] {
  const ids: number[] = [];
  for (const action of everyAction(actions)) if (action.type === "meter") ids.push(action.id);
  return ids;
}
