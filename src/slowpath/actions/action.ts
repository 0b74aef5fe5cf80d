/**
 * OpenFlow actions and instructions as the slow path holds them: one union, one file beside this for each kind, which
 * exports its `ActionDefinition` (text in, text out, translation); `list.ts` names them all.
 */
import type { Field, Subfield } from "../flow/field.ts";

/** OpenFlow port number; reserved ones are in `ports.ts` (IN_PORT 0xfff8 …, in 16 bits as OVS prints them). */
export type OfPort = number;

export interface SetFieldAction {
  readonly type: "set_field";
  readonly field: Field;
  /** `field.bytes` long each; bits outside the mask stay. */
  readonly value: Uint8Array;
  readonly mask: Uint8Array;
  /** Written `load:` in the text it came from (learn specs and OpenFlow 1.0 print it so). */
  readonly load?: boolean;
}

export interface NatAction {
  readonly type: "nat";
  readonly direction?: "src" | "dst";
  readonly addressMin?: Uint8Array;
  readonly addressMax?: Uint8Array;
  readonly portMin?: number;
  readonly portMax?: number;
  readonly persistent?: boolean;
  readonly hash?: boolean;
  readonly random?: boolean;
}

export interface CtActionSpec {
  readonly type: "ct";
  readonly commit: boolean;
  readonly force: boolean;
  readonly table?: number;
  readonly zone: number | Subfield;
  readonly alg?: "ftp" | "tftp";
  readonly nat?: NatAction;
  /** Only set_field, load and move on ct_mark and ct_label. */
  readonly exec: readonly Action[];
}

/** One part of learn(): what the learned rule matches, loads or outputs. */
export type LearnSpec =
  | { readonly kind: "match"; readonly field: Subfield; readonly from: Subfield | Uint8Array }
  | { readonly kind: "load"; readonly field: Subfield; readonly from: Subfield | Uint8Array }
  | { readonly kind: "output"; readonly from: Subfield };

export interface LearnAction {
  readonly type: "learn";
  readonly table: number;
  readonly priority: number;
  readonly idleTimeout: number;
  readonly hardTimeout: number;
  readonly finIdleTimeout: number;
  readonly finHardTimeout: number;
  readonly cookie: bigint;
  readonly sendFlowRem: boolean;
  readonly deleteLearned: boolean;
  readonly limit: number;
  readonly resultDst?: Subfield;
  readonly specs: readonly LearnSpec[];
}

export interface ControllerAction {
  readonly type: "controller";
  readonly maxLength: number;
  readonly controllerId: number;
  readonly reason: "no_match" | "action" | "invalid_ttl" | "action_set" | "group" | "packet_out";
  readonly userdata?: Uint8Array;
  readonly pause: boolean;
  readonly meterId?: number;
}

export type Action =
  | { readonly type: "output"; readonly port: OfPort; readonly maxLength?: number }
  | { readonly type: "output_reg"; readonly source: Subfield; readonly maxLength: number }
  | { readonly type: "output_trunc"; readonly port: OfPort; readonly maxLength: number }
  | ControllerAction
  | { readonly type: "group"; readonly id: number }
  | SetFieldAction
  | { readonly type: "move"; readonly source: Subfield; readonly destination: Subfield }
  | { readonly type: "push"; readonly source: Subfield }
  | { readonly type: "pop"; readonly destination: Subfield }
  | { readonly type: "push_vlan"; readonly tpid: number }
  | { readonly type: "pop_vlan" }
  /** `push`: a packet without a tag gets one (OpenFlow 1.0's mod_vlan_*); otherwise it is left alone. */
  | { readonly type: "set_vlan_vid"; readonly vid: number; readonly push?: boolean }
  | { readonly type: "set_vlan_pcp"; readonly pcp: number; readonly push?: boolean }
  /** OpenFlow 1.0's mod_tp_src and mod_tp_dst: TCP, UDP or SCTP as the packet is. */
  | { readonly type: "set_l4_port"; readonly source: boolean; readonly port: number }
  | { readonly type: "push_mpls"; readonly etherType: number }
  | { readonly type: "pop_mpls"; readonly etherType: number }
  | { readonly type: "dec_ttl"; readonly controllers: readonly number[] }
  | { readonly type: "dec_mpls_ttl" }
  /** Packet types: flow/packet-type.ts. */
  | { readonly type: "encap"; readonly packetType: number }
  | { readonly type: "decap"; readonly packetType: number }
  | { readonly type: "resubmit"; readonly port?: OfPort; readonly table?: number; readonly ct?: boolean }
  | CtActionSpec
  | NatAction
  | { readonly type: "ct_clear" }
  | LearnAction
  | { readonly type: "conjunction"; readonly id: number; readonly clause: number; readonly clauses: number }
  | { readonly type: "clone"; readonly actions: readonly Action[] }
  | { readonly type: "meter"; readonly id: number }
  | { readonly type: "check_pkt_larger"; readonly length: number; readonly destination: Subfield }
  | {
      readonly type: "sample";
      readonly probability: number;
      readonly collectorSetId: number;
      readonly obsDomainId: number;
      readonly obsPointId: number;
    }
  | { readonly type: "fin_timeout"; readonly idle: number; readonly hard: number }
  | {
      readonly type: "multipath";
      readonly fields: string;
      readonly basis: number;
      readonly algorithm: string;
      readonly links: number;
      readonly arg: number;
      readonly destination: Subfield;
    }
  | {
      readonly type: "bundle";
      readonly fields: string;
      readonly basis: number;
      readonly algorithm: "hrw" | "active_backup";
      readonly members: readonly OfPort[];
      readonly destination?: Subfield;
    }
  | { readonly type: "set_queue"; readonly queue: number }
  | { readonly type: "pop_queue" }
  | { readonly type: "note"; readonly data: Uint8Array }
  | { readonly type: "exit" }
  | { readonly type: "debug_recirc" }
  | { readonly type: "debug_slow" }
  | { readonly type: "delete_field"; readonly field: Field }
  // Instructions, in the order of OpenFlow 1.5 §5.6; `apply` has no wrapper of its own.
  | { readonly type: "write_actions"; readonly actions: readonly Action[] }
  | { readonly type: "clear_actions" }
  | { readonly type: "write_metadata"; readonly value: bigint; readonly mask: bigint }
  | { readonly type: "goto_table"; readonly table: number };
