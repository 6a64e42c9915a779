// SPDX-License-Identifier: MIT
/** @fileoverview Requests about the files of datasets. */
import { EINVAL, ENOENT, EXDEV, setError } from '../../guest-os/kernel/errno';
import { NvList } from '../port/nvlist';
import { mayChange, maySee } from '../dsl/caller';
import { diffNext, diffPiece } from '../zpl/diff';
import { FileSystem } from '../zpl/fileSystem';
import { named } from './dataset';
import { Request } from './request';
import { isBefore } from './send';

/** Differences told at a time. */
const MOST_DIFFERENCES: i32 = 400;

export function fileRequests(): Request[] {
  return [new Diff()];
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
