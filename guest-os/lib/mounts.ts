// SPDX-License-Identifier: MIT
/** @fileoverview What is mounted (mnttab(5)), and how full file systems are (statvfs(2)). */
import * as calls from './calls';
import { O_RDONLY, openFile, readAll } from './io';
import { pathOf, zeroTerminated } from './text';

export class Mount {
  constructor(
    readonly special: string,
    readonly point: string,
    readonly type: string,
    readonly options: string,
    readonly time: string,
  ) {}
}

/** In the order in which they were mounted. */
export function allMounts(): Mount[] {
  const mounts: Mount[] = [];
  const descriptor = openFile('/etc/mnttab', O_RDONLY);
  if (descriptor < 0) return mounts;
  const lines = readAll(descriptor).split('\n');
  calls.close(descriptor);
  for (let i = 0; i < lines.length; i++) {
    const fields = lines[i].split('\t');
    if (fields.length >= 5) mounts.push(new Mount(fields[0], fields[1], fields[2], fields[3], fields[4]));
  }
  return mounts;
}

export class Usage {
  /** Bytes. */
  total: u64 = 0;
  free: u64 = 0;
  available: u64 = 0;
  files: u64 = 0;
  filesFree: u64 = 0;
  type: string = '';
  device: u64 = 0;
}

const buffer = memory.data(256, 8);
/** Errno, positive, of the last {@link usageOf} that gave null. */
export let usageFailure: i64 = 0;

export function usageOf(path: string): Usage | null {
  const error = calls.statvfs(pathOf(path), buffer);
  if (error < 0) {
    usageFailure = -error;
    return null;
  }
  const usage = new Usage();
  const fragment = load<u64>(buffer, 8);
  usage.total = load<u64>(buffer, 16) * fragment;
  usage.free = load<u64>(buffer, 24) * fragment;
  usage.available = load<u64>(buffer, 32) * fragment;
  usage.files = load<u64>(buffer, 40);
  usage.filesFree = load<u64>(buffer, 48);
  usage.device = load<u64>(buffer, 64);
  usage.type = zeroTerminated(buffer + 72);
  return usage;
}
