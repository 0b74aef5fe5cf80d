/** Recorded OpenFlow sessions of ovn-controller (c2s) with ovs-vswitchd (s2c), message by message. */
import { recordedFiles } from "../slowpath/reference.ts";

export interface RecordedMessage {
  readonly n: number;
  readonly direction: "c2s" | "s2c";
  readonly name: string;
  readonly bytes: Uint8Array;
}

interface Line {
  readonly n: number;
  readonly dir: "c2s" | "s2c";
  readonly name: string;
  readonly hex?: string;
}

export interface Recording {
  /** Below test/data/reference. */
  readonly path: string;
  readonly messages: readonly RecordedMessage[];
}

/** Marks of what was done meanwhile are left out. */
export function recordings(pattern = "openflow*/*.jsonl"): Recording[] {
  return recordedFiles(pattern).map(({ path, lines }) => ({
    path,
    messages: lines.flatMap((line) => {
      if (line === "") return [];
      const { n, dir, name, hex } = JSON.parse(line) as Line;
      return hex === undefined ? [] : [{ n, direction: dir, name, bytes: Uint8Array.from(Buffer.from(hex, "hex")) }];
    }),
  }));
}
