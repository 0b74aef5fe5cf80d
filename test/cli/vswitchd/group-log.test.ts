import { expect, it } from "vitest";
import { selectGroupLines } from "../../../src/cli/vswitchd/group-log.ts";
import { TestBridge } from "../../slowpath/translate/test-bridge.ts";

function lines(text: string): string[] {
  return selectGroupLines(new TestBridge([]).addGroups(text).group(7)!);
}

it("tells how many values of the hash each bucket of a select group gets", () => {
  expect(
    lines("group_id=7,type=select,bucket=weight:5,output:1,bucket=weight:60,output:2,bucket=weight:0,output:3"),
  ).toEqual([
    "Constructing select group 7",
    "No selection method specified. Trying dp_hash.",
    "  Minimum weight: 5, total weight: 65",
    "  Using 16 hash values:",
    "  Bucket 0: weight=5, target=1.23 hits=1",
    "  Bucket 1: weight=60, target=14.77 hits=15",
    "  Bucket 2: weight=0, target=0.00 hits=0",
    "Use dp_hash with 16 hash values using algorithm 1.",
  ]);
});

it("tells when a group is hashed in the slow path", () => {
  const text = "group_id=7,type=select,selection_method=";
  const buckets = "bucket=weight:1,output:1,bucket=weight:999,output:2";
  expect(lines(`${text}dp_hash,${buckets}`).slice(1)).toEqual([
    "Selection method specified: dp_hash.",
    "  Minimum weight: 1, total weight: 1000",
    "  Too many hash values required: 1024",
    "Falling back to default hash method.",
  ]);
  expect(lines(`${text}hash,${buckets}`).at(-1)).toBe("No hash fields. Falling back to default hash method.");
  expect(lines(`${text}hash,fields(ip_src,ip_dst),${buckets}`).at(-1)).toBe("Hash fields: ip_src,ip_dst");
});
