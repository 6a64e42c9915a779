// SPDX-License-Identifier: MIT
/**
 * @fileoverview /dev/zfs: how commands reach ZFS in the kernel. Its one request carries a name and a packed list of arguments (ioctl/requests.ts) and
 * brings back a packed list, whatever the result. Where that does not fit, ENOMEM, and the length that it has is told.
 */
import { addDevice } from '../../guest-os/fs/dev/devices';
import { Device, makeDevice } from '../../guest-os/fs/dev/device';
import { S_IFCHR } from '../../guest-os/fs/vnode';
import { EINVAL, ENOMEM, ENOTTY, setError } from '../../guest-os/kernel/errno';
import { copyIn, copyOut } from '../../guest-os/kernel/memory/user';
import { setCaller } from '../dsl/caller';
import { isQuery, perform } from '../ioctl/requests';
import { ZFS_PERFORM, ZfsCommand } from '../ioctl/request';
import { attachVolumes, refreshDumpTarget, refreshVolumes } from '../zvol/device';
import { textOf } from './bytes';
import { currentCaller } from './callers';
import { enter, leave } from './kernel';
import { NvList, packList, unpackList } from './nvlist';

/** illumos's major number of zfs. */
const MAJOR: u32 = 88;
const LONGEST_NAME: u64 = 64;
const MOST_BYTES: u64 = 4 << 20;

class ZfsDevice extends Device {
  constructor() {
    super(S_IFCHR | 0o666, 3, makeDevice(MAJOR, 0));
  }

  ioctl(request: i32, argument: u64): i64 {
    if (request != ZFS_PERFORM) return setError(ENOTTY);
    // The collector frees these, however the request ends.
    const header = new StaticArray<u8>(<i32>offsetof<ZfsCommand>());
    const command = changetype<ZfsCommand>(header);
    const error = copyIn(changetype<usize>(header), argument, offsetof<ZfsCommand>());
    if (error) return error;
    if (command.nameBytes > LONGEST_NAME || command.inputBytes > MOST_BYTES) return setError(EINVAL);
    const name = fetch(command.name, command.nameBytes);
    const packed = fetch(command.input, command.inputBytes);
    if (!name || !packed) return setError(EINVAL);
    const input = packed.length ? unpackList(changetype<usize>(packed), packed.length) : new NvList();
    if (!input) return setError(EINVAL);
    const text = textOf(changetype<usize>(name), name.length);
    const output = new NvList();
    enter();
    setCaller(currentCaller());
    const result = perform(text, input, output);
    if (!isQuery(text)) {
      refreshVolumes();
      refreshDumpTarget();
    }
    leave();
    const told = answer(command, output);
    const length = offsetof<ZfsCommand>('outputBytes');
    copyOut(argument + length, changetype<usize>(header) + length, 8);
    return result < 0 ? result : told;
  }
}

function answer(command: ZfsCommand, output: NvList): i32 {
  const bytes = packList(output, 0, 0);
  command.outputBytes = bytes;
  if (<u64>bytes > command.room) return setError(ENOMEM);
  const packed = new StaticArray<u8>(<i32>bytes);
  packList(output, changetype<usize>(packed), bytes);
  return copyOut(command.output, changetype<usize>(packed), bytes);
}

/** Bytes of the caller's; null: they are not there. */
function fetch(from: u64, count: u64): StaticArray<u8> | null {
  const bytes = new StaticArray<u8>(<i32>count);
  return copyIn(changetype<usize>(bytes), from, <usize>count) < 0 ? null : bytes;
}

export function attachZfs(): void {
  addDevice('zfs', 'pseudo/zfs@0:zfs', new ZfsDevice());
  attachVolumes();
}
