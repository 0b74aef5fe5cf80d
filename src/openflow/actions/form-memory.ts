/**
 * In which of several equal forms an action came, so that it goes out the same way (`resubmit:1` and `resubmit(1,)` are one
 * action and two forms). Kept beside the action, not in it: two actions that mean the same are the same.
 */
import type { Action } from "../../slowpath/actions/action.ts";

const forms = new WeakMap<Action, string>();

export function cameAs<T extends Action>(action: T, form: string): T {
  forms.set(action, form);
  return action;
}

export function formOf(action: Action): string | undefined {
  return forms.get(action);
}
