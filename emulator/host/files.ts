// SPDX-License-Identifier: MIT
/** @fileoverview Files named on the command line: what goes wrong with them is the user's to mend, and gets one line. */

import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { UsageError } from './usageError.ts';

const reasons: { [code: string]: string } = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'not a directory',
  ENOSPC: 'no space left',
  EROFS: 'read-only file system',
  ERR_FS_FILE_TOO_LARGE: 'it is too large',
};

/** Why a file operation failed, in a few words. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code && reasons[code]) ?? message;
}

export function readInput(what: string, path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`cannot read ${what} '${path}': ${reason(error)}`);
  }
}

/** Creates or empties a file now, so that a run does not end in vain. */
export function prepareOutput(what: string, path: string): void {
  try {
    closeSync(openSync(path, 'w'));
  } catch (error) {
    throw new UsageError(`cannot write ${what} '${path}': ${reason(error)}`);
  }
}

export function writeOutput(what: string, path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new UsageError(`cannot write ${what} '${path}': ${reason(error)}`);
  }
}
