// SPDX-License-Identifier: MIT
/** @fileoverview Requests that send and receive streams, in pieces. Framing and checksums are the command's business (cmd/zfs/send.ts, receive.ts). */
import { EINVAL, ENOENT, EROFS, EXDEV, setError } from '../../guest-os/kernel/errno';
import { NvList } from '../port/nvlist';
import { freeBuffer, newBuffer } from '../port/memory';
import { Dataset } from '../dsl/dataset';
import { isDone, nextBlock, nextObject, sendPiece } from '../send/sender';
import {
  beginReceive,
  endReceive,
  Incoming,
  receiveRecords,
  receiving,
  snapshotByGuid,
  TEMPORARY,
  undoReceive,
} from '../send/receiver';
import { allPools, poolOf } from '../spa/pools';
import { named } from './dataset';
import { mayChange, mayMake, maySee } from '../dsl/caller';
import { Request } from './request';

/** Bytes of one piece: a buffer of ZFS's. */
const PIECE: u32 = 256 << 10;

export function sendRequests(): Request[] {
  return [new SendInfo(), new Send(), new FindGuid(), new Begin(), new Records(), new End(), new Abort()];
}

/** Is one snapshot before another of the same dataset, or of what it was cloned from? */
export function isBefore(earlier: Dataset, later: Dataset): bool {
  const spa = later.spa;
  for (let at: Dataset | null = later; at; at = spa.datasetByObject(at.phys.previous)) {
    if (at != later && at == earlier) return true;
    if (!at.phys.previous) return false;
  }
  return false;
}

/** `name`, perhaps `from`: what BEGIN has to say. EXDEV: `from` is not an earlier snapshot. */
class SendInfo extends Request {
  constructor() {
    super('send_info');
  }
  permit(input: NvList): i32 {
    const refused = mayChange(input.text('name'));
    return refused || !input.has('from') ? refused : maySee(input.text('from'));
  }
  run(input: NvList, output: NvList): i32 {
    const snapshot = named(input);
    if (!snapshot || !snapshot.isSnapshot) return setError(ENOENT);
    const objset = snapshot.objset();
    if (!objset) return setError(EINVAL);
    output.setNumber('guid', snapshot.phys.guid);
    output.setNumber('creation', snapshot.phys.creation);
    output.setNumber('type', objset.type);
    if (!input.has('from')) return 0;
    const from = named(input, 'from');
    if (!from || !from.isSnapshot) return setError(ENOENT);
    if (from.spa != snapshot.spa || !isBefore(from, snapshot)) return setError(EXDEV);
    output.setNumber('from_guid', from.phys.guid);
    output.setNumber('from_txg', from.phys.creationTxg);
    if (from.dir != snapshot.dir) output.flag('clone');
    return 0;
  }
}

/** `name` and `guid` of a snapshot, `after`: the earlier one's group; `object`, `block`: where to begin. `bytes`, and where to go on, or `done`. */
class Send extends Request {
  constructor() {
    super('send');
  }
  permit(input: NvList): i32 {
    return mayChange(input.text('name'));
  }
  run(input: NvList, output: NvList): i32 {
    const snapshot = named(input);
    const guid = input.number('guid');
    if (!snapshot || snapshot.phys.guid != guid) return setError(ENOENT);
    const objset = snapshot.objset();
    if (!objset) return setError(EINVAL);
    const buffer = newBuffer(PIECE);
    const count = sendPiece(objset, input.number('after'), guid, input.number('object'), input.number('block'), buffer, PIECE);
    if (count >= 0) {
      const bytes = new StaticArray<u8>(count);
      memory.copy(changetype<usize>(bytes), buffer, count);
      output.setBytes('bytes', bytes);
      output.setNumber('object', nextObject);
      output.setNumber('block', nextBlock);
      if (isDone) output.flag('done');
    }
    freeBuffer(buffer, PIECE);
    return min(count, 0);
  }
}

/** `guid`: the snapshot of this identity in any pool, as `name`. */
class FindGuid extends Request {
  constructor() {
    super('find_guid');
  }
  permit(input: NvList): i32 {
    return 0;
  }
  get isQuery(): bool {
    return true;
  }
  run(input: NvList, output: NvList): i32 {
    const pools = allPools();
    for (let i = 0; i < pools.length; i++) {
      const found = snapshotByGuid(pools[i], input.number('guid'), '');
      if (!found) continue;
      output.setText('name', found.name);
      return 0;
    }
    return setError(ENOENT);
  }
}

function incomingOf(input: NvList): Incoming {
  const incoming = new Incoming();
  incoming.name = input.text('name');
  incoming.snapshot = input.text('snapshot');
  incoming.type = input.number('type');
  incoming.toGuid = input.number('guid');
  incoming.fromGuid = input.number('from_guid');
  incoming.creation = input.number('creation');
  incoming.isClone = input.has('clone');
  incoming.force = input.has('force');
  return incoming;
}

/** What BEGIN says ({@link Incoming}); `head`: a number for the requests that follow. */
class Begin extends Request {
  constructor() {
    super('receive_begin');
  }
  /** What there is, is changed; what there is not, is made. */
  permit(input: NvList): i32 {
    return named(input) ? mayChange(input.text('name')) : mayMake(input.text('name'));
  }
  run(input: NvList, output: NvList): i32 {
    const incoming = incomingOf(input);
    const spa = poolOf(incoming.name);
    if (!spa) return setError(ENOENT);
    if (!spa.isWritable) return setError(EROFS);
    const result = beginReceive(spa, incoming);
    if (result == 0) output.setNumber('head', receiving!.object);
    return result;
  }
}

function headOf(input: NvList): Dataset | null {
  const spa = poolOf(input.text('name'));
  const head = spa ? spa.datasetByObject(input.number('head')) : null;
  if (!head || head.isSnapshot) return null;
  const name = input.text('name');
  return head.name == name || head.name == name + '/' + TEMPORARY ? head : null;
}

/** `head` and `name`; `bytes`: whole records. */
class Records extends Request {
  constructor() {
    super('receive_records');
  }
  permit(input: NvList): i32 {
    return mayChange(input.text('name'));
  }
  run(input: NvList, output: NvList): i32 {
    const head = headOf(input);
    const bytes = input.bytes('bytes');
    if (!head) return setError(ENOENT);
    return bytes ? receiveRecords(head, changetype<usize>(bytes), bytes.length) : setError(EINVAL);
  }
}

/** `head` and what {@link Begin} was given. */
class End extends Request {
  constructor() {
    super('receive_end');
  }
  permit(input: NvList): i32 {
    return mayChange(input.text('name'));
  }
  run(input: NvList, output: NvList): i32 {
    const head = headOf(input);
    return head ? endReceive(head, incomingOf(input)) : setError(ENOENT);
  }
}

/** `head` and `name`: it did not come to its end. */
class Abort extends Request {
  constructor() {
    super('receive_abort');
  }
  permit(input: NvList): i32 {
    return mayChange(input.text('name'));
  }
  run(input: NvList, output: NvList): i32 {
    const head = headOf(input);
    return head ? undoReceive(head) : setError(ENOENT);
  }
}
