/** The rows of table Service_Monitor, one for each watched backend: the part that ovn-northd has in health checks. */
import type { Reader, Transaction } from "../database/database.ts";
import { equalData } from "../database/datum.ts";
import type { ServiceMonitor } from "../database/model.ts";
import { formatMac, parseMac } from "../network/mac.ts";
import { type CheckedBackend, checkedBalancers, keyOfBackend, monitorKey } from "./checks.ts";

/** Key in the options of NB_Global: the Ethernet address that asks and is answered. */
const MONITOR_MAC = "svc_monitor_mac";

export const keyOfRow = ({ logical_port, ip, port, protocol }: ServiceMonitor): string =>
  monitorKey({ logicalPort: logical_port, ip, port, protocol: protocol[0] ?? "tcp" });

/** `undefined` while nothing is watched and nobody set one. */
export function monitorMac(reader: Reader): string | undefined {
  return parseMac(reader.rows("NB_Global")[0]?.options.get(MONITOR_MAC) ?? "");
}

/** Rows come and go with what is to be watched. A backend whose port is down is offline, whatever it answered before. */
export function keepMonitorRows(
  transaction: Transaction,
  isUp: (logicalPort: string) => boolean,
  random: () => number,
): void {
  const wanted = new Map<string, CheckedBackend>();
  for (const services of checkedBalancers(transaction).values()) {
    for (const backend of [...services.values()].flat()) {
      const key = keyOfBackend(backend);
      if (!wanted.has(key)) wanted.set(key, backend);
    }
  }
  const mac = wanted.size > 0 ? (monitorMac(transaction) ?? makeMonitorMac(transaction, random)) : "";
  for (const row of transaction.rows("Service_Monitor")) {
    const key = keyOfRow(row);
    const backend = wanted.get(key);
    wanted.delete(key);
    if (!backend) {
      transaction.remove("Service_Monitor", row.uuid);
      continue;
    }
    const lost = row.status[0] === "online" && !isUp(row.logical_port);
    if (!lost && isUpToDate(row, backend, mac)) continue;
    transaction.update("Service_Monitor", row.uuid, { ...sourceAndOptions(backend, mac), ...(lost && OFFLINE) });
  }
  for (const backend of wanted.values()) {
    const { address, port, protocol, logicalPort } = backend;
    const what = { ip: address.text, port, protocol: [protocol], logical_port: logicalPort };
    transaction.insert("Service_Monitor", { ...what, ...sourceAndOptions(backend, mac) });
  }
}

const isUpToDate = (row: ServiceMonitor, { source, options }: CheckedBackend, mac: string): boolean =>
  row.src_ip === source.text && row.src_mac === mac && equalData(row.options, options);

const OFFLINE = { status: ["offline"] };

const sourceAndOptions = ({ source, options }: CheckedBackend, mac: string) => ({
  src_ip: source.text,
  src_mac: mac,
  options,
});

/** A locally administered address of one station (IEEE 802: bits 1 and 0 of the first byte). */
function makeMonitorMac(transaction: Transaction, random: () => number): string {
  const bytes = Uint8Array.from({ length: 6 }, () => Math.floor(random() * 256));
  bytes[0] = (bytes[0] & 0xfc) | 0x02;
  const mac = formatMac(bytes);
  const [global] = transaction.rows("NB_Global");
  transaction.update("NB_Global", global.uuid, { options: new Map([...global.options, [MONITOR_MAC, mac]]) });
  return mac;
}
