/** What OVS's and OVN's tools print, without what differs from one run of the same lab to the next. */

/** In order: a later one sees what an earlier one wrote. */
const PASSING: readonly (readonly [pattern: RegExp, instead: string])[] = [
  // Names that OVN and the databases draw.
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID"],
  [/(?<=\b|_)cookie([= ])(0x[0-9a-f]+|\d+)/g, "cookie$1COOKIE"],
  [/\b(xid|dpid)([=:])(0x)?[0-9a-f]+/g, "$1$2ID"],
  // ovn-controller's choice of conntrack zones.
  [/set_field:0x[0-9a-f]+->reg1([123])/g, "set_field:ZONE->reg1$1"],
  [/\breg1([123])=0x[0-9a-f]+/g, "reg1$1=ZONE"],
  [/zone=\d+/g, "zone=ZONE"],
  [/ct_zone\(0x[0-9a-f]+/g, "ct_zone(ZONE"],
  // Identifiers that the switch counts up.
  [/\brecirc(_id)?([(=])(0x)?[0-9a-f]+/g, "recirc$1$2ID"],
  // Clocks and counters.
  [/\b(duration|used|idle_age|n_packets|n_bytes|packet_count|byte_count|packets|bytes|pkts)([=:])[0-9.]+s?/g, "$1$2N"],
  [/\bused:never/g, "used:N"],
  [/\b(hit|missed|lost|flows): ?\d+/g, "$1:N"],
  [/ \(\d+(\.\d+)? (KiB|MiB|GiB)\)/g, ""],
  [/, flags:[SFRPU.]+/g, ""],
  // Ports and hashes of the client's connections.
  [/\b(sport|dport)=\d{5}/g, "$1=PORT"],
  [/\btcp\(src=\d+\/0,dst=\d+\/0\)/g, "tcp(src=PORT/0,dst=PORT/0)"],
  [/\btcp\(src=\d+\/0/g, "tcp(src=PORT/0"],
  [/\b(tp_src|tp_dst)=\d+\/0/g, "$1=PORT/0"],
  [/\bdp_hash\(0x[0-9a-f]+\/0xf\)/g, "dp_hash(HASH/0xf)"],
  [/\bdp_hash\(0x[0-9a-f]+\/0\)/g, "dp_hash(HASH/0)"],
];

/** Addresses that the lab gives; the kernel draws the others. */
const OWN_MAC = /^(aa:aa:aa|00:00:00|ff:ff:ff|01:00|33:33)/;

export function withoutPassing(text: string): string {
  const replaced = PASSING.reduce((all, [pattern, instead]) => all.replace(pattern, instead), text);
  return replaced.replace(/\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g, (mac) => (OWN_MAC.test(mac) ? mac : "MAC"));
}

/** Each different line once, in order: what is printed from a hash table, and as often as packets came. */
export function lineSet(text: string): string[] {
  return [...new Set(text.trimEnd().split("\n"))].sort();
}

/** Who of a switch's ports gets a flooded packet first is ovn-controller's choice. */
export function withFloodsInOrder(text: string): string {
  return text.replace(/(set_field:ZONE->reg13,set_field:0x\d->reg15,resubmit\(,41\),?){2,}/g, (copies) =>
    copies
      .split(/(?<=resubmit\(,41\),)/)
      .sort()
      .join(""),
  );
}
