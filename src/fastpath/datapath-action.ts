/**
 * Datapath actions: what the slow path's translation yields and the fast path executes.
 *
 * The same list has three more faces, one file each: `program.ts` encodes it for assembly/ (layout of OP_*),
 * `src/slowpath/odp/` prints and parses it in `ovs-dpctl`'s text form. Byte strings are in network byte order.
 */

/** Masked value: bits outside `mask` are left alone. Both arrays have the same length. */
export interface Masked {
  readonly value: Uint8Array;
  readonly mask: Uint8Array;
}

export interface NatRange {
  /** `undefined`: neither src nor dst given, i.e. only translate packets of connections that have NAT already. */
  readonly type?: "src" | "dst";
  /** 4 or 16 bytes each. */
  readonly addressMin?: Uint8Array;
  readonly addressMax?: Uint8Array;
  readonly portMin?: number;
  readonly portMax?: number;
  readonly persistent?: boolean;
  readonly hash?: boolean;
  readonly random?: boolean;
}

export interface CtAction {
  readonly type: "ct";
  readonly commit?: boolean;
  readonly force?: boolean;
  readonly zone: number;
  /** 4 bytes each. */
  readonly mark?: Masked;
  /** 16 bytes each. */
  readonly label?: Masked;
  readonly nat?: NatRange;
  readonly helper?: "ftp" | "tftp";
  readonly timeoutPolicy?: number;
}

export interface SelectBucket {
  readonly id: number;
  /** 0: never chosen. */
  readonly weight: number;
  /** false: its watched port or group is down; its share goes to the next live slot (dp_hash) or bucket. */
  readonly alive: boolean;
  readonly actions: readonly DatapathAction[];
  /** Address of the bucket's counter record in linear memory, 0 for none. */
  readonly counters: number;
}

export interface SelectField {
  /** Byte offset in the flow key, KEY_*. */
  readonly keyOffset: number;
  /** As long as the field; the hash sees value & mask. */
  readonly mask: Uint8Array;
}

export interface SelectAction {
  readonly type: "select";
  readonly method:
    | { readonly kind: "dp_hash"; readonly basis: number; readonly algorithm: "l4" | "sym_l4" }
    | { readonly kind: "fields"; readonly param: bigint; readonly fields: readonly SelectField[] };
  readonly buckets: readonly SelectBucket[];
}

/** Values and masks of set actions are laid out as assembly/layout/program.ts says at OP_SET_*. */
export type SetTarget =
  | "ethernet"
  | "ipv4"
  | "ipv6"
  | "transport"
  | "icmp"
  | "arp"
  | "nd"
  | "vlan"
  | "metadata"
  | "tunnel"
  | "mpls";

export type UserspaceReason = "action" | "slow_path";

export type DatapathAction =
  | { readonly type: "output"; readonly port: number }
  | { readonly type: "userspace"; readonly reason: UserspaceReason; readonly argument: number; readonly cookie: bigint }
  | ({ readonly type: "set"; readonly target: SetTarget } & Masked)
  | { readonly type: "push_vlan"; readonly tpid: number; readonly tci: number }
  | { readonly type: "pop_vlan" }
  | { readonly type: "push_mpls"; readonly etherType: number; readonly lse: number }
  /** ETH_TYPE_TEB (0x6558): what follows the label is a whole frame. */
  | { readonly type: "pop_mpls"; readonly etherType: number }
  /** 6 bytes each. */
  | { readonly type: "push_eth"; readonly destination: Uint8Array; readonly source: Uint8Array }
  | { readonly type: "pop_eth" }
  /** In front of the whole packet. `covers`: what the packet begins with until then. */
  | {
      readonly type: "add_mpls";
      readonly etherType: number;
      readonly lse: number;
      readonly covers: "ethernet" | "network";
    }
  | CtAction
  | { readonly type: "ct_clear" }
  | { readonly type: "hash"; readonly algorithm: "l4" | "sym_l4"; readonly basis: number }
  | { readonly type: "recirc"; readonly id: number }
  | SelectAction
  | { readonly type: "sample"; readonly probability: number; readonly actions: readonly DatapathAction[] }
  | { readonly type: "clone"; readonly actions: readonly DatapathAction[] }
  | { readonly type: "trunc"; readonly length: number }
  | {
      readonly type: "check_pkt_len";
      readonly length: number;
      readonly greater: readonly DatapathAction[];
      readonly lessOrEqual: readonly DatapathAction[];
    }
  | { readonly type: "meter"; readonly index: number }
  | { readonly type: "tunnel_push"; readonly port: number; readonly kind: number; readonly header: Uint8Array }
  /** `kind`: TUNNEL_* of assembly/layout/program.ts, Geneve unless given. */
  | { readonly type: "tunnel_pop"; readonly port: number; readonly kind?: number }
  | { readonly type: "drop"; readonly reason: number };
