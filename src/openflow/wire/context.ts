/** What decoding and encoding need to know of the connection they work for. */
import type { Version } from "./version.ts";

export interface WireContext {
  readonly version: Version;
  /** Whether tun_metadata`index` stands for an option of the TLV map; without it every one does. */
  readonly isTunnelOption?: (index: number) => boolean;
  /** Actions that only tests use. */
  readonly allowsDebugActions?: boolean;
  /** OpenFlow 1.0 with Nicira's extension that puts a table into a flow mod's command. */
  readonly tableInCommand?: boolean;
}
