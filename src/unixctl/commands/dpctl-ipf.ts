/** `dpctl/ipf-…`: fragments on their way through the connection tracker. */
import type { FragmentFamilyStatus } from "../../fastpath/datapath.ts";
import type { UnixctlCommand } from "../command.ts";
import { dpctlError, parseDpctlWords } from "../dpctl-words.ts";

function enabling(name: "enabled" | "disabled"): UnixctlCommand {
  return {
    name: `dpctl/ipf-set-${name}`,
    usage: "[dp] v4|v6",
    minimum: 1,
    maximum: 2,
    run(daemon, words) {
      daemon.switch.datapath.conntrack.setFragmentReassembly(
        parseFamily(parseDpctlWords(words).rest[0]),
        name === "enabled",
      );
      return `${name === "enabled" ? "enabling" : "disabling"} fragmentation reassembly successful`;
    },
  };
}

const setMinimum: UnixctlCommand = {
  name: "dpctl/ipf-set-min-frag",
  usage: "[dp] v4|v6 minfragment",
  minimum: 2,
  maximum: 3,
  run(daemon, words) {
    const [family, size] = parseDpctlWords(words).rest;
    const version = parseFamily(family);
    if (size === undefined || !/^\d+$/.test(size)) {
      throw dpctlError("parameter missing for minimum fragment size");
    }
    daemon.switch.datapath.conntrack.setFragmentMinimum(version, Number(size));
    return "setting minimum fragment size successful";
  },
};

const setLimit: UnixctlCommand = {
  name: "dpctl/ipf-set-max-nfrags",
  usage: "[dp] maxfrags",
  minimum: 1,
  maximum: 2,
  run(daemon, words) {
    const [limit] = parseDpctlWords(words).rest;
    if (limit === undefined || !/^\d+$/.test(limit)) throw dpctlError("parameter missing for maximum fragments");
    daemon.switch.datapath.conntrack.setFragmentLimit(Number(limit));
    return "setting maximum fragments successful";
  },
};

const status: UnixctlCommand = {
  name: "dpctl/ipf-get-status",
  usage: "[dp]",
  minimum: 0,
  maximum: 1,
  run(daemon) {
    const { limit, held, ipv4, ipv6 } = daemon.switch.datapath.conntrack.fragments();
    return [
      "Fragmentation Module Status",
      "---------------------------",
      `v4 enabled: ${Number(ipv4.enabled)}`,
      `v6 enabled: ${Number(ipv6.enabled)}`,
      `max num frags (v4/v6): ${limit}`,
      `num frag: ${held}`,
      ...familyLines("v4", ipv4),
      ...familyLines("v6", ipv6),
    ]
      .map((line) => `        ${line}\n`)
      .join("");
  },
};

/** Nothing is purged here: fragments leave by time or by their packet being whole. */
function familyLines(name: string, family: FragmentFamilyStatus): string[] {
  return [
    `min ${name} frag size: ${family.minimum}`,
    `${name} frags accepted: ${family.accepted}`,
    `${name} frags completed: ${family.completed}`,
    `${name} frags expired: ${family.expired}`,
    `${name} frags too small: ${family.tooSmall}`,
    `${name} frags overlapped: ${family.overlapping}`,
    `${name} frags purged: 0`,
  ];
}

function parseFamily(text: string | undefined): 4 | 6 {
  if (text === "v4") return 4;
  if (text === "v6") return 6;
  throw dpctlError("parameter missing: 'v4' for IPv4 or 'v6' for IPv6");
}

export const fragmentCommands: readonly UnixctlCommand[] = [
  enabling("enabled"),
  enabling("disabled"),
  setMinimum,
  setLimit,
  status,
];
