/**
 * OpenFlow rules under construction: text in the form of ovs-ofctl, one rule for each (table, priority, match).
 *
 * A match is a conjunction of parts; a part with several alternatives gives a rule for each combination, since OpenFlow has no
 * "or". The first rule for a match wins, as two logical flows that compile to the same match cannot both hold.
 */

export type Part = string | readonly string[];
export type Conjunction = readonly Part[];

export interface RuleText {
  readonly cookie?: number;
  readonly table: number;
  readonly priority: number;
  readonly match: string;
  readonly actions: string;
}

export class RuleSet {
  readonly #rules = new Map<string, RuleText>();

  add(table: number, priority: number, match: Conjunction, actions: string, cookie?: number): void {
    for (const text of matchTexts(match)) {
      const rule = { table, priority, match: text, actions, cookie };
      const key = ruleKey(rule);
      if (!this.#rules.has(key)) this.#rules.set(key, rule);
    }
  }

  /** By key, in the order of table and falling priority. */
  rules(): ReadonlyMap<string, RuleText> {
    const byPlace = ([, a]: [string, RuleText], [, b]: [string, RuleText]) =>
      a.table - b.table || b.priority - a.priority;
    return new Map([...this.#rules].sort(byPlace));
  }
}

/** What OpenFlow knows a rule by: adding another with the same key replaces it. */
export function ruleKey({ table, priority, match }: Pick<RuleText, "table" | "priority" | "match">): string {
  return `${table} ${priority} ${match}`;
}

export function formatRule({ cookie, table, priority, match, actions }: RuleText): string {
  return `${cookie === undefined ? "" : `cookie=0x${cookie.toString(16)}, `}table=${table}, ${matchText(priority, match)} actions=${actions}`;
}

export function formatMatch({ table, priority, match }: RuleText): string {
  return `table=${table}, ${matchText(priority, match)}`;
}

const matchText = (priority: number, match: string): string => `priority=${priority}${match === "" ? "" : `,${match}`}`;

/** Nearly all matches of a compilation were in the one before it. */
const knownTexts = new Map<string, readonly string[]>();
const MOST_KNOWN = 100_000;

/** A match for each combination of alternatives. */
function matchTexts(match: Conjunction): readonly string[] {
  const name = match.map((part) => (typeof part === "string" ? part : part.join(" or "))).join(" and ");
  let texts = knownTexts.get(name);
  if (texts === undefined) {
    texts = combinations(match).map(canonicalMatch);
    if (knownTexts.size >= MOST_KNOWN) knownTexts.clear();
    knownTexts.set(name, texts);
  }
  return texts;
}

function combinations(match: Conjunction): string[][] {
  let words: string[][] = [[]];
  for (const part of match) {
    const alternatives = typeof part === "string" ? [part] : part;
    words = words.flatMap((head) => alternatives.map((alternative) => [...head, ...alternative.split(",")]));
  }
  return words;
}

/** The order in which `ovs-ofctl dump-flows` prints fields; a protocol's name stands after the conntrack fields. */
const ORDER =
  "ct_state ct_mark . reg0 reg1 reg2 reg3 reg4 reg5 reg6 reg7 reg8 reg9 reg10 reg14 reg15 metadata in_port vlan_tci dl_src dl_dst nw_src nw_dst arp_spa arp_tpa ipv6_src ipv6_dst arp_op arp_sha arp_tha nw_ttl nw_frag icmp_type icmp_code nd_target nd_sll nd_tll tp_src tp_dst".split(
    " ",
  );

const PROTOCOLS = new Set("ip ipv6 arp rarp tcp tcp6 udp udp6 sctp sctp6 icmp icmp6".split(" "));
const RANKS = new Map(ORDER.map((field, rank) => [field, rank]));

/** One protocol name says all the others imply: "ip" and "tcp" together are "tcp". */
function canonicalMatch(words: readonly string[]): string {
  const unique = [...new Set(words.filter((word) => word !== ""))];
  const protocols = unique.filter((word) => PROTOCOLS.has(word));
  const protocol = protocols.find((word) => word !== "ip" && word !== "ipv6") ?? protocols[0];
  const ranked = unique
    .filter((word) => word === protocol || !PROTOCOLS.has(word))
    .map((word) => ({ word, rank: rankOf(word) }));
  ranked.sort((a, b) => a.rank - b.rank);
  return ranked.map(({ word }) => word).join(",");
}

function rankOf(word: string): number {
  if (PROTOCOLS.has(word)) return RANKS.get(".")!;
  const equals = word.indexOf("=");
  return RANKS.get(equals < 0 ? word : word.slice(0, equals)) ?? -1;
}
