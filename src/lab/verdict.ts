/** Judges the curls: were all answered, by the servers there are, and spread as the selection fields promise? */
import { type ChiSquare, chiSquare } from "./chi-square.ts";
import type { CurlResult } from "./curl.ts";

export interface Verdict {
  readonly curls: number;
  readonly failed: number;
  /** Answers by server, servers that never answered included. */
  readonly answers: ReadonlyMap<string, number>;
  /** How even the spread is, over what the fields let vary: connections, or clients. */
  readonly spread?: ChiSquare & { readonly over: "connections" | "clients" };
  /** What is wrong, one sentence each; empty: passed. */
  readonly faults: readonly string[];
}

/** From this many independent choices on, seeing one of two servers only is no longer chance (1 in 512). */
const ENOUGH_CHOICES = 10;

/** `servers` are the texts of the servers behind the load balancer; `fields` its selection fields, none = dp_hash. */
export function judge(results: readonly CurlResult[], servers: readonly string[], fields: readonly string[]): Verdict {
  const answers = new Map(servers.map((server) => [server, 0]));
  const faults: string[] = [];
  for (const { answer } of results) {
    if (answer !== undefined) answers.set(answer, (answers.get(answer) ?? 0) + 1);
  }
  const failed = results.filter(({ answer }) => answer === undefined).length;
  if (failed > 0) faults.push(`${failed} of ${results.length} curls failed`);
  for (const text of answers.keys()) {
    if (!servers.includes(text)) faults.push(`"${text}" is no server of this load balancer`);
  }

  const choices = independentChoices(results, fields);
  if (choices.strayed.length > 0)
    faults.push(`these clients did not stay with one server: ${choices.strayed.join(", ")}`);
  const counts = servers.map((server) => choices.servers.filter((chosen) => chosen === server).length);
  if (choices.servers.length >= ENOUGH_CHOICES) {
    servers.forEach((server, index) => {
      if (counts[index] === 0) faults.push(`"${server}" was never chosen in ${choices.servers.length} choices`);
    });
  }
  const varied = choices.over && servers.length > 1 && choices.servers.length > 1;
  return {
    curls: results.length,
    failed,
    answers,
    spread: varied ? { ...chiSquare(counts), over: choices.over! } : undefined,
    faults,
  };
}

interface Choices {
  /** undefined: the fields leave nothing to vary in this lab. */
  readonly over?: "connections" | "clients";
  readonly servers: readonly string[];
  /** Clients that met several servers though the fields forbid it. */
  readonly strayed: readonly string[];
}

/** dp_hash and the client's port choose anew for each connection, its address once; no other field varies here. */
function independentChoices(results: readonly CurlResult[], fields: readonly string[]): Choices {
  const answered = results.filter(({ answer }) => answer !== undefined);
  if (fields.length === 0 || fields.includes("tp_src")) {
    return { over: "connections", servers: answered.map(({ answer }) => answer!), strayed: [] };
  }
  const byAddress = fields.includes("ip_src");
  const chosen = new Map<string, string>();
  const strayed = new Set<string>();
  for (const { client, answer } of answered) {
    const chooser = byAddress ? client : "all clients";
    if (chosen.has(chooser) && chosen.get(chooser) !== answer) strayed.add(chooser);
    else chosen.set(chooser, answer!);
  }
  return { over: byAddress ? "clients" : undefined, servers: [...chosen.values()], strayed: [...strayed] };
}
