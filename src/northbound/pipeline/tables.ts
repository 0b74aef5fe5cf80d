/** OpenFlow table numbers as OVN 23.03 lays them out. */

export const PHYSICAL_TO_LOGICAL = 0;
/** Ingress stage N of a switch or router. */
export const INGRESS = 8;
export const OUTPUT_LARGE_PACKETS = 37;
export const OUTPUT_REMOTE = 38;
export const OUTPUT_FLOOD = 39;
export const OUTPUT_LOCAL = 40;
export const CHECK_LOOPBACK = 41;
/** Egress stage N. */
export const EGRESS = 42;
export const SAVE_IN_PORT = 64;
export const LOGICAL_TO_PHYSICAL = 65;
/** Learned neighbours: address → Ethernet address, and whether a pair is known. */
export const NEIGHBOR_BINDING = 66;
export const NEIGHBOR_LOOKUP = 67;
export const CHECK_HAIRPIN = 68;
export const CHECK_HAIRPIN_REPLY = 69;
export const HAIRPIN_SNAT = 70;
/** Learned stations: Ethernet address → port, and whether a pair is known. */
export const STATION_BINDING = 71;
export const STATION_LOOKUP = 72;
export const CHECK_IN_PORT_SECURITY = 73;
export const CHECK_IN_PORT_SECURITY_ND = 74;
export const CHECK_OUT_PORT_SECURITY = 75;
