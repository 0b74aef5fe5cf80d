/**
 * learn(…,delete_learned): what was learned goes with the last rule that could have taught it.
 *
 * What: learned rules are known by table and cookie. Rules whose learn actions say `delete_learned` are kept here with the
 *   places they teach; a commit that takes the last one from a place makes that place's rules go too.
 * Cost: one look at the actions of each rule that came, went or changed.
 */
import type { Action, LearnAction } from "../actions/action.ts";
import { everyAction } from "./references.ts";
import type { Rule } from "./rule.ts";
import type { ChangeSet } from "./transaction.ts";

export interface LearnedPlace {
  readonly table: number;
  readonly cookie: bigint;
}

type Teaching = ReadonlyMap<string, LearnedPlace>;

export class LearnedCookies {
  readonly #teachers = new Map<Rule, Teaching>();
  readonly #counts = new Map<string, number>();

  /** Takes note of a commit, any number of times. Gives the places that nobody teaches any more. */
  follow({ added, modified, removed }: ChangeSet): LearnedPlace[] {
    const left = new Map<string, LearnedPlace>();
    const forget = (rule: Rule): void => {
      for (const [key, place] of this.#teachers.get(rule) ?? []) {
        this.#count(key, -1);
        left.set(key, place);
      }
      this.#teachers.delete(rule);
    };
    for (const rule of removed.keys()) forget(rule);
    for (const rule of [...added, ...modified]) {
      forget(rule);
      const taught = teaching(rule.actions);
      if (taught.size === 0) continue;
      this.#teachers.set(rule, taught);
      for (const key of taught.keys()) this.#count(key, 1);
    }
    return [...left].filter(([key]) => !this.#counts.has(key)).map(([, place]) => place);
  }

  #count(key: string, change: number): void {
    const count = (this.#counts.get(key) ?? 0) + change;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}

const deletesLearned = (action: Action): action is LearnAction => action.type === "learn" && action.deleteLearned;

function teaching(actions: readonly Action[]): Teaching {
  const places = [...everyAction(actions)].filter(deletesLearned);
  return new Map(places.map(({ table, cookie }) => [`${table} ${cookie}`, { table, cookie }]));
}
