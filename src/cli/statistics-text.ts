/** The counters for people: ports, how packets were looked up, and every packet dropped with the reason in a sentence. */
import { DROP_REASON_LIST } from "../fastpath/drop-reasons.ts";
import { missedFrames, type Snapshot } from "./statistics.ts";
import { table } from "./text-table.ts";

const SENTENCES = new Map(DROP_REASON_LIST.map(({ name, sentence }) => [name, sentence]));
const MISSED = "They came faster than the switch took them, and the kernel had no room left for them before the port.";

export function statisticsText({ ports, counters, megaflows }: Snapshot): string {
  const share = (part: bigint) => (counters.packets === 0n ? "-" : `${percent(part, counters.packets)} %`);
  const drops = [...counters.drops].filter(([, count]) => count > 0n);
  const missed = missedFrames({ ports });
  const lines = drops.map(([reason, count]) => `  ${count}  ${reason}: ${SENTENCES.get(reason) ?? ""}`);
  if (missed > 0n) lines.push(`  ${missed}  missed: ${MISSED}`);
  const blocks = [
    table(
      [
        "port",
        "name",
        "rx packets",
        "rx bytes",
        "rx drops",
        "rx errors",
        "tx packets",
        "tx bytes",
        "tx drops",
        "tx errors",
      ],
      ports.map((port) => [
        String(port.ofport),
        port.name,
        ...[port.rxPackets, port.rxBytes, port.rxDropped, port.rxErrors].map(String),
        ...[port.txPackets, port.txBytes, port.txDropped, port.txErrors].map(String),
      ]),
    ),
    [
      `lookups      ${counters.packets} (${counters.recirculated} of them recirculated) in ${counters.batches} batches`,
      `  cache      ${counters.cacheHits} (${share(counters.cacheHits)})`,
      `  megaflows  ${counters.megaflowHits} (${share(counters.megaflowHits)}), ${megaflows} installed`,
      `  missed     ${counters.misses} (${share(counters.misses)})`,
      `upcalls      ${counters.upcalls}, ${counters.executed} packets executed for the slow path`,
      `offload      ${counters.offloads} flows with the kernel, ${counters.offloaded} given to it, ` +
        `${counters.offloadsRefused} without room, ${counters.offloadPackets} packets forwarded there`,
      `conntrack    ${counters.connections} connections, ${counters.connectionsCreated} made, ${counters.connectionsExpired} expired`,
      `software     ${counters.segmented} super-packets cut, ${counters.checksumsFinished} checksums finished, ` +
        `${counters.cloned} clones, ${counters.reassembled} reassembled`,
    ].join("\n"),
    lines.length === 0 ? "no packet was dropped" : ["dropped:", ...lines].join("\n"),
  ];
  return blocks.join("\n\n");
}

function percent(part: bigint, whole: bigint): string {
  return (Number((part * 100_000n) / whole) / 1000).toFixed(1);
}
