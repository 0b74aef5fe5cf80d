/** dpctl/ipf-*: reassembly of IP fragments. */
import type { FragmentFamilyStatus, HeldDatagram } from "../../../fastpath/datapath.ts";
import { formatAddress } from "../../../slowpath/flow/address-text.ts";
import { ETH_TYPE_IP, ETH_TYPE_IPV6 } from "../../../slowpath/flow/prerequisites.ts";
import { dpctlCommand, dpctlError, INVALID, openDatapath } from "./dpctl.ts";

const NOT_PERMITTED = "Operation not permitted";
/** Bounds of OVS's documentation, the least in bytes. */
const LEAST_FRAGMENT = 400;
const MOST_FRAGMENTS = 5000;

export const [setEnabled, setDisabled] = [true, false].map((on) =>
  dpctlCommand(`ipf-set-${on ? "enabled" : "disabled"}`, "[dp] v4|v6", 1, 2, async (request) => {
    openDatapath(request, 3);
    const { datapath } = request.daemon.switch;
    const family = familyOf(request.words.at(-1)!);
    if (family === undefined) throw dpctlError("parameter missing: 'v4' for IPv4 or 'v6' for IPv6", INVALID);
    datapath.conntrack.setFragmentReassembly(family, on);
    await datapath.barrier();
    return `${on ? "enabling" : "disabling"} fragmentation reassembly successful`;
  }),
);

export const setMinimum = dpctlCommand("ipf-set-min-frag", "[dp] v4|v6 minfragment", 2, 3, async (request) => {
  openDatapath(request, 3);
  const { datapath } = request.daemon.switch;
  const [familyWord, bytesWord] = request.words.slice(-2);
  const family = familyOf(familyWord);
  if (family === undefined) throw dpctlError("parameter missing: v4 for IPv4 or v6 for IPv6", INVALID);
  const bytes = numberOf(bytesWord);
  if (bytes === undefined) throw dpctlError("parameter missing for minimum fragment size", INVALID);
  if (bytes < LEAST_FRAGMENT) {
    throw dpctlError("requested minimum fragment size too small; see documentation", NOT_PERMITTED);
  }
  datapath.conntrack.setFragmentMinimum(family, bytes);
  await datapath.barrier();
  return "setting minimum fragment size successful";
});

export const setMost = dpctlCommand("ipf-set-max-nfrags", "[dp] maxfrags", 1, 2, async (request) => {
  openDatapath(request, 2);
  const { datapath } = request.daemon.switch;
  const most = numberOf(request.words.at(-1)!);
  if (most === undefined) throw dpctlError("parameter missing for maximum fragments", INVALID);
  if (most > MOST_FRAGMENTS) throw dpctlError("setting maximum fragments failed", NOT_PERMITTED);
  datapath.conntrack.setFragmentLimit(most);
  await datapath.barrier();
  return "setting maximum fragments successful";
});

export const getStatus = dpctlCommand("ipf-get-status", "[dp]", 0, 1, (request) => {
  openDatapath(request, 1);
  const { conntrack } = request.daemon.switch.datapath;
  const { limit, held, ipv4, ipv6 } = conntrack.fragments();
  const lines = [
    "Fragmentation Module Status",
    "---------------------------",
    `v4 enabled: ${ipv4.enabled ? 1 : 0}`,
    `v6 enabled: ${ipv6.enabled ? 1 : 0}`,
    `max num frags (v4/v6): ${limit}`,
    `num frag: ${held}`,
    ...familyLines("v4", ipv4),
    ...familyLines("v6", ipv6),
  ];
  const status = lines.map((line) => `        ${line}\n`).join("");
  if (!request.verbose) return status;
  return `${status}\n        Fragment Lists:\n\n${conntrack.heldDatagrams().map(heldLine).join("")}`;
});

function heldLine(datagram: HeldDatagram): string {
  const { source, destination, recirculationId, identification, zone, protocol, fragments, hasFirst, hasLast } =
    datagram;
  const state =
    hasFirst && hasLast ? "first/last frag" : hasFirst ? "first frag" : hasLast ? "last frag" : "other frag";
  const type = source.length === 4 ? ETH_TYPE_IP : ETH_TYPE_IPV6;
  const fields = [
    `src=${formatAddress(source)}`,
    `dst=${formatAddress(destination)}`,
    `recirc_id=${recirculationId}`,
    `ip_id=${identification}`,
    `dl_type=0x${type.toString(16)}`,
    `zone=${zone}`,
    `nw_proto=${protocol}`,
    `num_fragments=${fragments}`,
    `state=${state}`,
  ];
  return `(${fields.join(",")})\n`;
}

function familyLines(family: string, status: FragmentFamilyStatus): string[] {
  return [
    `min ${family} frag size: ${status.minimum}`,
    `${family} frags accepted: ${status.accepted}`,
    `${family} frags completed: ${status.completed}`,
    `${family} frags expired: ${status.expired}`,
    `${family} frags too small: ${status.tooSmall}`,
    `${family} frags overlapped: ${status.overlapping}`,
    // What waited too long is counted as expired.
    `${family} frags purged: 0`,
  ];
}

function familyOf(word: string): 4 | 6 | undefined {
  return word.startsWith("v4") ? 4 : word.startsWith("v6") ? 6 : undefined;
}

function numberOf(word: string): number | undefined {
  return /^\d+/.test(word) ? Number.parseInt(word, 10) : undefined;
}
