/**
 * What an action's file exports: how it reads and prints in ovs-ofctl's text, and what translation does with it.
 * One file a kind, one line in `list.ts`.
 */

import type { PortNames } from "../flow/port-text.ts";
import type { TranslationContext } from "../translate/context.ts";
import type { Action } from "./action.ts";
import type { Token } from "./scan.ts";

export interface ParseContext {
  /** The bridge's ports. Reserved names (LOCAL, IN_PORT …) need no help. */
  readonly ports?: PortNames;
  /** Table number of a name given to a table. */
  readonly tableNumber?: (name: string) => number | undefined;
}

export interface FormatOptions {
  /** Print ports by these names instead of numbers. */
  readonly ports?: PortNames;
}

/** What nested lists need, handed in to avoid a cycle of imports. */
export interface Parser {
  readonly context: ParseContext;
  /** All actions of a nested list. */
  parse(text: string): Action[];
}

export interface Printer {
  readonly options: FormatOptions;
  print(actions: readonly Action[]): string;
}

/** "stop": the rest of the list does not run (but the translation goes on). */
export type Outcome = undefined | "stop";

/** Where an action stands. */
export interface Place {
  /** The list it is in and its index there. */
  readonly list: readonly Action[];
  readonly index: number;
  /** Nothing follows it in the whole translation. */
  readonly last: boolean;
  /** It is in a group's bucket. */
  readonly inBucket: boolean;
}

export interface ActionDefinition<T extends Action = Action> {
  readonly type: T["type"];
  /** Words that begin it in text, lower case. */
  readonly keywords: readonly string[];
  /** @throws ActionSyntaxError */
  parse(token: Token, parser: Parser): Action | readonly Action[];
  format(action: T, printer: Printer): string;
  translate(context: TranslationContext, action: T, place: Place): Outcome;
}

/** The action of that type in the union. */
export type ActionOf<K extends Action["type"]> = Extract<Action, { readonly type: K }>;
