/** Recorded data of the real OVN, under test/data. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export function recorded(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../data/${path}`, import.meta.url)), "utf8");
}

/** UUIDs differ from run to run. */
export const withoutUuids = (text: string): string =>
  text.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UUID");
