/** How many packets found a rule in a table, and how many did not. They are credited as rules are: also those of the fast path. */
export interface LookupCounter {
  packets: number;
}

export interface LookupCounters {
  readonly matched: LookupCounter;
  readonly missed: LookupCounter;
}

export function makeLookupCounters(): LookupCounters {
  return { matched: { packets: 0 }, missed: { packets: 0 } };
}
