/** Whose a contestant is, by its name: Megaflow's variants, OVS's, the kernel's, or what bounds everyone. */
const PATTERNS = {
  megaflow: /^megaflow/,
  ovs: /^ovs/i,
  kernel: /^(linux bridge|nftables|kernel)/,
  limit: /^(no switch|plain C)/,
} as const;

export type Family = keyof typeof PATTERNS;

export function familyOf(contestant: string): Family | undefined {
  return (Object.keys(PATTERNS) as Family[]).find((family) => PATTERNS[family].test(contestant));
}
