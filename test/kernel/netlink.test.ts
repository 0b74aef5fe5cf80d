import { describe, expect, it } from "vitest";
import { decodeLink, findLink, listLinks, RTM_NEWLINK } from "../../src/kernel/link.ts";
import {
  attribute,
  attributeString,
  attributes,
  attributeU32,
  decodeMessages,
  encodeMessage,
} from "../../src/kernel/netlink.ts";

describe("netlink attributes", () => {
  it("are padded to four bytes, their length is not", () => {
    expect(attributeString(3, "lo").toString("hex")).toBe("070003006c6f0000");
    expect(attributeU32(4, 1500).toString("hex")).toBe("08000400dc050000");
  });

  it("are found by type, without the nested flag", () => {
    const found = attributes(Buffer.concat([attributeU32(0x8004, 7), attribute(1, Uint8Array.of(1, 2, 3))]));
    expect(found.get(4)?.readUInt32LE(0)).toBe(7);
    expect([...found.get(1)!]).toEqual([1, 2, 3]);
  });

  it.each([
    ["shorter than its header", "0300010000000000"],
    ["longer than the message", "ff00010000000000"],
  ])("end at one that is %s", (_, hex) => {
    const bytes = Buffer.concat([attributeU32(4, 9), Buffer.from(hex, "hex")]);
    expect([...attributes(bytes).keys()]).toEqual([4]);
  });
});

describe("netlink messages", () => {
  it("come out of a datagram one by one", () => {
    const datagram = Buffer.concat([encodeMessage(16, 0, 5, Buffer.of(1, 2, 3, 4)), encodeMessage(17, 0, 6)]);
    const messages = decodeMessages(datagram, 3);
    expect(messages.map(({ type, sequence, namespaceId }) => [type, sequence, namespaceId])).toEqual([
      [16, 5, 3],
      [17, 6, 3],
    ]);
    expect([...messages[0]!.body]).toEqual([1, 2, 3, 4]);
  });

  it("that are cut off are left out", () => {
    const whole = encodeMessage(16, 0, 5, Buffer.alloc(8));
    expect(decodeMessages(whole.subarray(0, 20))).toEqual([]);
    expect(decodeMessages(whole.subarray(0, 12))).toEqual([]);
  });
});

describe("a link", () => {
  const header = Buffer.alloc(16);
  header.writeInt32LE(42, 4);
  header.writeUInt32LE(0x10001, 8); // IFF_UP | IFF_LOWER_UP

  it("is decoded from a notification", () => {
    const body = Buffer.concat([
      header,
      attributeString(3, "veth0"),
      attributeU32(4, 9000),
      attribute(1, Uint8Array.of(2, 0, 0, 0, 0, 0xab)),
    ]);
    expect(decodeLink({ type: RTM_NEWLINK, sequence: 0, body })).toEqual({
      index: 42,
      name: "veth0",
      up: true,
      carrier: true,
      mtu: 9000,
      mac: "02:00:00:00:00:ab",
      movedTo: undefined,
    });
  });

  it("that moves says where to", () => {
    const body = Buffer.concat([header, attributeU32(45, 7), attributeU32(49, 3)]);
    expect(decodeLink({ type: RTM_NEWLINK, sequence: 0, body }).movedTo).toEqual({ namespaceId: 7, index: 3 });
  });

  it("is found in the kernel by its name, and only there", () => {
    const loopback = findLink("lo");
    expect(loopback).toMatchObject({ name: "lo", index: 1 });
    expect(listLinks().map(({ name }) => name)).toContain("lo");
    expect(findLink("no-such-link")).toBeUndefined();
  });
});
