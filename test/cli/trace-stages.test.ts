import { describe, expect, it } from "vitest";
import { nameStages } from "../../src/cli/trace-stages.ts";

const stageName = (table: number, metadata: bigint) => (table < 60 ? `stage${table}of${metadata}` : undefined);

describe("the stages of a trace", () => {
  it("are named by table and the metadata that holds there", () => {
    const trace = [
      "Flow: tcp,in_port=3",
      "",
      'bridge("br-int")',
      "----------------",
      " 0. in_port=3, priority 100, cookie 0x1",
      "    set_field:0x2->metadata",
      "    resubmit(,8)",
      " 8. metadata=0x2, priority 50, cookie 0xa4",
      "    resubmit(,73)",
      "    73. reg14=0x1,metadata=0x2, priority 90, cookie 0xed",
      "        resubmit(,9)",
      "     9. No match.",
      "            drop",
      "    set_field:0x3->metadata",
      "12. ip, priority 0",
      "Final flow: unchanged",
      "Flow: recirc_id=0x1,reg0=0x4,metadata=0x5,in_port=3",
      "15. ct_state=+new,metadata=0x5,nw_dst=1.1.1.50, priority 7, cookie 0xb5",
    ];
    expect(nameStages(trace.join("\n"), stageName).split("\n")).toEqual(
      trace
        .with(7, " 8. stage8of2: metadata=0x2, priority 50, cookie 0xa4")
        .with(11, "     9. stage9of2: No match.")
        .with(14, "12. stage12of3: ip, priority 0")
        .with(17, "15. stage15of5: ct_state=+new,metadata=0x5,nw_dst=1.1.1.50, priority 7, cookie 0xb5"),
    );
  });
});
