/** UUIDs as OVSDB writes them: lower-case, version 4. */
import { randomUUID } from "node:crypto";

export type Uuid = string;

/** Where new rows get their UUIDs from; tests pass their own to have the same text on every run. */
export type UuidSource = () => Uuid;

export const randomUuids: UuidSource = () => randomUUID();

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}
