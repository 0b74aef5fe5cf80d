/** What NORMAL asks of the bridge's learned addresses (tables/mac-learning.ts). */
import type { OfPort } from "../actions/action.ts";

export interface MacTable {
  lookup(vlan: number, mac: Uint8Array): OfPort | undefined;
}
