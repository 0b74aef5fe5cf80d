/**
 * The file that tells the daemon's process id, locked as long as the daemon lives: ovs-appctl believes no other.
 *
 * Invariants: the file appears whole and locked under its name: it is written beside it and renamed. The descriptor stays
 *   open, and nobody in this process opens the file again, for closing any descriptor of it would end the lock.
 */
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { lockFile, lockHolder } from "../../kernel/file-lock.ts";

export class AlreadyRunning extends Error {}

export interface PidFile {
  remove(): void;
}

/** @throws AlreadyRunning when the file is another daemon's, unless `overwrite`. */
export function writePidFile(path: string, overwrite: boolean): PidFile {
  if (!overwrite) checkUnused(path);
  const temporary = `${path}.tmp${process.pid}`;
  const descriptor = openSync(temporary, "w", 0o644);
  if (!lockFile(descriptor)) throw new AlreadyRunning(`${temporary}: locked by another process`);
  writeSync(descriptor, `${process.pid}\n`);
  renameSync(temporary, path);
  return {
    remove() {
      rmSync(path, { force: true });
      closeSync(descriptor);
    },
  };
}

function checkUnused(path: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r+");
  } catch {
    return;
  }
  try {
    const holder = lockHolder(descriptor);
    if (holder === undefined) return;
    const pid = Number.parseInt(readFileSync(descriptor, "utf8"), 10) || holder;
    throw new AlreadyRunning(`${path}: already running as pid ${pid}, aborting`);
  } finally {
    closeSync(descriptor);
  }
}
