// SPDX-License-Identifier: MIT
/**
 * @fileoverview What commands can ask of ZFS: a name, a list of arguments, a list as the answer. Under the kernel requests come through
 * /dev/zfs, packed (port/nvlist.ts); under Node they are made directly. The same commands run on both.
 *
 * A request is one class with its name and one line in the tables that hold them (pool.ts, import.ts, device.ts, inspect.ts, dataset.ts, files.ts); it finds what it works on,
 * takes the pool's lock, and does it. Errors are errnos; words for them are the command's business, but for what only ZFS can know, which it
 * leaves in `reason`.
 */
import { ENOTTY, setError } from '../../guest-os/kernel/errno';
import { NvList } from '../port/nvlist';
import { changeRequests } from './change';
import { datasetRequests } from './dataset';
import { deviceRequests } from './device';
import { fileRequests } from './files';
import { importRequests } from './import';
import { inspectRequests } from './inspect';
import { poolRequests } from './pool';
import { Request } from './request';

let table: Request[] | null = null;

function find(name: string): Request | null {
  let all = table;
  if (!all) {
    all = poolRequests()
      .concat(importRequests())
      .concat(deviceRequests())
      .concat(inspectRequests())
      .concat(datasetRequests())
      .concat(changeRequests())
      .concat(fileRequests());
    table = all;
  }
  for (let i = 0; i < all.length; i++) if (all[i].name == name) return all[i];
  return null;
}

/** False for requests that change something, and unknown ones. */
export function isQuery(name: string): bool {
  const request = find(name);
  return request != null && request.isQuery;
}

/** For the caller that has been set (dsl/caller.ts): 0 or -errno; what is to be told comes into `output`. */
export function perform(name: string, input: NvList, output: NvList): i32 {
  const request = find(name);
  if (!request) return setError(ENOTTY);
  const refused = request.permit(input);
  return refused ? refused : request.run(input, output);
}
