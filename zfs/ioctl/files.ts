// SPDX-License-Identifier: MIT
/** @fileoverview Requests about the files of datasets. */
import { EINVAL, ENOENT, EROFS, EXDEV, setError } from '../../guest-os/kernel/errno';
import { ENOTSUP } from '../port/errors';
import { NvList } from '../port/nvlist';
import { mayChange, maySee } from '../dsl/caller';
import { countAll, isCounted } from '../dmu/userUsed';
import { Dataset } from '../dsl/dataset';
import { diffNext, diffPiece } from '../zpl/diff';
import { FileSystem } from '../zpl/fileSystem';
import { listOwners, setQuota } from '../zpl/owners';
import { named } from './dataset';
import { Request } from './request';
import { isBefore } from './send';

/** Differences told at a time. */
const MOST_DIFFERENCES: i32 = 400;

export function fileRequests(): Request[] {
  return [new Diff(), new UserSpace(), new SetQuota()];
}

/**
 * The snapshot `from` and a later one, or the head, `name`; from `object` on. Lists `differences` as zpl/diff.ts has them, and `object`: where to go on, or `done`.
 * EXDEV: `from` is not an earlier snapshot.
 */
class Diff extends Request {
  constructor() {
    super('diff');
  }
  permit(input: NvList): i32 {
    const refused = mayChange(input.text('name'));
    return refused ? refused : maySee(input.text('from'));
  }
  run(input: NvList, output: NvList): i32 {
    const from = named(input, 'from');
    const to = named(input);
    if (!from || !to || !from.isSnapshot) return setError(ENOENT);
    if (from.spa != to.spa || !isBefore(from, to)) return setError(EXDEV);
    const synced = to.isSnapshot ? 0 : to.spa.sync();
    if (synced < 0) return synced;
    const before = FileSystem.open(from);
    const after = FileSystem.open(to);
    const found: NvList[] = [];
    let result = setError(EINVAL);
    if (before && after) {
      result = diffPiece(before, after, from.phys.creationTxg, input.number('object'), MOST_DIFFERENCES, found);
    }
    if (before) before.close();
    if (after) after.close();
    if (result < 0) return result;
    output.setLists('differences', found);
    output.setNumber('object', diffNext);
    if (diffNext == u64.MAX_VALUE) output.flag('done');
    return 0;
  }
}

/** Of what an older program made not all files may have been counted yet. ENOTSUP: they cannot be. */
function countFiles(dataset: Dataset): i32 {
  const objset = dataset.objset();
  if (!objset || !objset.countsUsers) return setError(ENOTSUP);
  if (isCounted(objset)) return 0;
  if (dataset.isSnapshot || !dataset.spa.isWritable) return setError(ENOTSUP);
  const synced = dataset.spa.sync();
  if (synced < 0) return synced;
  countAll(objset);
  return dataset.spa.sync();
}

/** The file system or snapshot `name`: lists `users` and `groups` of `id`, `used` and `quota`, as of the last group that was synced. */
class UserSpace extends Request {
  constructor() {
    super('userspace');
  }
  permit(input: NvList): i32 {
    return mayChange(input.text('name'));
  }
  run(input: NvList, output: NvList): i32 {
    const dataset = named(input);
    if (!dataset) return setError(ENOENT);
    const counted = countFiles(dataset);
    if (counted < 0) return counted;
    const fs = FileSystem.open(dataset);
    if (!fs) return setError(ENOTSUP);
    const users: NvList[] = [];
    const groups: NvList[] = [];
    let result = listOwners(fs.objset, false, users);
    if (result == 0) result = listOwners(fs.objset, true, groups);
    fs.close();
    output.setLists('users', users);
    output.setLists('groups', groups);
    return result;
  }
}

/** `name`, `id`, `bytes` (0: any number); `group`: of a group. */
class SetQuota extends Request {
  constructor() {
    super('userquota_set');
  }
  permit(input: NvList): i32 {
    return mayChange(input.text('name'));
  }
  run(input: NvList, output: NvList): i32 {
    const dataset = named(input);
    if (!dataset) return setError(ENOENT);
    if (dataset.isSnapshot || !dataset.spa.isWritable) return setError(EROFS);
    const counted = countFiles(dataset);
    if (counted < 0) return counted;
    const fs = FileSystem.open(dataset);
    if (!fs) return setError(ENOTSUP);
    let result = fs.beginChange();
    if (result == 0) result = setQuota(fs.objset, input.has('group'), input.number('id'), input.number('bytes'));
    fs.close();
    return result < 0 ? result : dataset.spa.sync();
  }
}
