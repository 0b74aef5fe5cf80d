/** Who extends OpenFlow: experimenter (vendor) identifiers. */

/** Nicira's, which Open vSwitch's extensions use. */
export const NICIRA = 0x0000_2320;
/** The Open Networking Foundation's: features of later versions in earlier ones. */
export const ONF = 0x4f4e_4600;
/** Netronome's: selection methods of groups. */
export const NETRONOME = 0x0000_154d;
/** A number that some of its clients send: a slip of the pen that OVS, too, puts up with. */
export const NETRONOME_SLIP = 0x0000_1540;
