/** Types of logical switch ports: the two that are built, and OVN's others, refused by name. */

const BUILT = ["", "router"];
const OTHERS = ["l2gateway", "localnet", "localport", "vtep", "external", "virtual", "remote"];

/** Why a type cannot be set, or `undefined`. */
export function checkPortType(type: string): string | undefined {
  if (BUILT.includes(type)) return undefined;
  if (OTHERS.includes(type)) {
    return `Logical switch port type '${type}' is not supported by the embedded control plane. Not setting type.`;
  }
  return `Logical switch port type '${type}' is unrecognized. Not setting type.`;
}
