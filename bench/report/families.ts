/**
 * Whose a contestant is, by its name: Megaflow's variants, those of them whose known flows the kernel forwards, OVS's, the kernel's, or
 * what bounds everyone. The first that fits.
 */
const PATTERNS = {
  offload: /^megaflow.*\bhw-offload\b/,
  megaflow: /^megaflow/,
  ovs: /^ovs/i,
  kernel: /^(linux bridge|nftables|kernel)/,
  limit: /^(no switch|plain C)/,
} as const;

export type Family = keyof typeof PATTERNS;

export function familyOf(contestant: string): Family | undefined {
  return (Object.keys(PATTERNS) as Family[]).find((family) => PATTERNS[family].test(contestant));
}
