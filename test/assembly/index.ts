/**
 * The test build of the fast path: everything of the release build, and the internals that unit tests call directly.
 * One line per module, each owner adds the modules under test. No `.ts` here: asc strips it from imports only.
 */

export * from "../../assembly/actions/add-mpls";
export * from "../../assembly/actions/pop-ethernet";
export * from "../../assembly/actions/pop-mpls";
export * from "../../assembly/actions/pop-vlan";
export * from "../../assembly/actions/push-ethernet";
export * from "../../assembly/actions/push-mpls";
export * from "../../assembly/actions/push-vlan";
export * from "../../assembly/actions/set-arp";
export * from "../../assembly/actions/set-ethernet";
export * from "../../assembly/actions/set-icmp";
export * from "../../assembly/actions/set-ipv4";
export * from "../../assembly/actions/set-ipv6";
export * from "../../assembly/actions/set-metadata";
export * from "../../assembly/actions/set-mpls";
export * from "../../assembly/actions/set-nd";
export * from "../../assembly/actions/set-transport";
export * from "../../assembly/actions/set-tunnel";
export * from "../../assembly/actions/set-vlan";
export { passEstablished } from "../../assembly/conntrack/established";
export * from "../../assembly/conntrack/track";
export * from "../../assembly/flow/hash";
export * from "../../assembly/flow/lookup";
export * from "../../assembly/index";
export { flushPorts } from "../../assembly/io/queue";
export * from "../../assembly/io/receive";
export * from "../../assembly/io/transmit";
export * from "../../assembly/io/xdp-receive";
export * from "../../assembly/packet/checksum";
export * from "../../assembly/packet/crc32c";
export * from "../../assembly/packet/internet-checksum";
export { verifyHeaderChecksum } from "../../assembly/packet/ipv4";
export * from "../../assembly/packet/offload";
export * from "../../assembly/packet/parse";
export * from "../../assembly/packet/pool";
export * from "../../assembly/packet/rewrite";
export { parseAll } from "../../assembly/pipeline";
export { dpHash, symmetricHash } from "../../assembly/select/dp-hash";
export { fieldEntrySize } from "../../assembly/select/fields-hash";
export * from "../../assembly/select/select";
export * from "./fill-ring";
export * from "./fuzz";
