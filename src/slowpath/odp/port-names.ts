/** Datapath ports in text: by name where the names are known and asked for, otherwise by number. */
import { DatapathTextError } from "./scan.ts";

/** The datapath's ports (numbers of the datapath, not of a bridge). */
export interface DatapathPortNames {
  nameOf(port: number): string | undefined;
  numberOf(name: string): number | undefined;
}

export function formatDatapathPort(port: number, names?: DatapathPortNames): string {
  return names?.nameOf(port) ?? String(port);
}

/** @throws DatapathTextError */
export function parseDatapathPort(text: string, names?: DatapathPortNames): number {
  if (/^\d+$/.test(text)) return Number(text);
  const port = names?.numberOf(text);
  if (port === undefined) throw new DatapathTextError(`${text}: no such datapath port`);
  return port;
}
