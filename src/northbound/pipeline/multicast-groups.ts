/** Keys of the groups of ports that a switch floods to; they stand where a port's key stands in reg15. */

/** Every port. */
export const FLOOD = 0x8000;
/** Ports with "unknown" among their addresses. */
export const FLOOD_UNKNOWN = 0x8001;
/** Every port that leads to no router. */
export const FLOOD_STATIONS = 0x8004;
