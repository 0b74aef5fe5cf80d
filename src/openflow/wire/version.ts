/** OpenFlow versions by their number on the wire. */

export type Version = 1 | 2 | 3 | 4 | 5 | 6;

export const OF10: Version = 1;
export const OF11: Version = 2;
export const OF12: Version = 3;
export const OF13: Version = 4;
export const OF14: Version = 5;
export const OF15: Version = 6;

/** Oldest first. 1.1 and 1.2 come along with the others: a HELLO without a bitmap promises everything below its version. */
export const versions: readonly Version[] = [OF10, OF11, OF12, OF13, OF14, OF15];

export function isVersion(number: number): number is Version {
  return number >= OF10 && number <= OF15;
}

/** "1.0", "1.3+", "1.1-1.4": the versions that a row of a table is about. */
export function versionsIn(range: string): readonly Version[] {
  const parts = /^1\.([0-5])(?:(\+)|-1\.([0-5]))?$/.exec(range);
  if (!parts) throw new RangeError(`${range} is no range of OpenFlow versions`);
  const first = Number(parts[1]) + 1;
  const last = parts[2] ? OF15 : parts[3] ? Number(parts[3]) + 1 : first;
  return versions.filter((version) => version >= first && version <= last);
}

export function versionName(version: Version): string {
  return `OpenFlow 1.${version - 1}`;
}
