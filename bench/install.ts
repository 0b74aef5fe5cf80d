/** Contestants that were asked for by name come from Debian when they are missing. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Kind } from "./bench.ts";

interface Requirement {
  /** By name, or by its path; a library by its path. */
  readonly program: string;
  readonly debianPackage: string;
}

/** Its path: `ovs-vswitchd` may be the one without. */
export const OVS_DPDK = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk";
/** DPDK's own tester. */
export const TESTPMD = "dpdk-testpmd";
const LIBRARIES = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;

const REQUIREMENTS: Partial<Record<Kind, readonly Requirement[]>> = {
  ovs: [{ program: "ovs-vswitchd", debianPackage: "openvswitch-switch" }],
  dpdk: [
    { program: OVS_DPDK, debianPackage: "openvswitch-switch-dpdk" },
    { program: TESTPMD, debianPackage: "dpdk-dev" },
    { program: `${LIBRARIES}/librte_net_pcap.so.23`, debianPackage: "librte-net-pcap23" },
    { program: `${LIBRARIES}/librte_net_null.so.23`, debianPackage: "librte-net-null23" },
    { program: `${LIBRARIES}/librte_mempool_ring.so.23`, debianPackage: "librte-mempool-ring23" },
  ],
  nft: [{ program: "nft", debianPackage: "nftables" }],
};

/** Why a contestant of that kind cannot take part here. */
export function lacks(kind: Kind): string | undefined {
  const missing = missingOf(kind);
  if (missing.length > 0) return `needs the Debian package ${missing.join(", ")}; --against ${kind} installs it`;
  return process.getuid?.() === 0 ? undefined : "needs root";
}

/** @throws Error when a package cannot be installed. */
export async function installMissing(kinds: readonly Kind[], say: (line: string) => void): Promise<void> {
  const packages = kinds.flatMap(missingOf);
  if (packages.length === 0) return;
  const command = ["apt-get", "install", "--yes", "--no-install-recommends", ...packages];
  say(command.join(" "));
  const [program, ...words] = command;
  const { status, stderr, error } = spawnSync(program, words, {
    encoding: "utf8",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  if (status !== 0) throw new Error(`${command.join(" ")} failed: ${error?.message ?? stderr.trim()}`);
}

function missingOf(kind: Kind): string[] {
  return (REQUIREMENTS[kind] ?? [])
    .filter(({ program }) => !installed(program))
    .map(({ debianPackage }) => debianPackage);
}

export function installed(program: string): boolean {
  if (program.startsWith("/")) return existsSync(program);
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => existsSync(join(folder, program)));
}
