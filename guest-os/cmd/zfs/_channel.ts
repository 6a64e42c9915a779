// SPDX-License-Identifier: MIT
/** @fileoverview The channel of commands that run as programs: requests go to the kernel through /dev/zfs. */
import * as calls from '../../lib/calls';
import { O_RDWR, openFile } from '../../lib/io';
import { Channel } from '../../../zfs/cmd/channel';
import { ZFS_PERFORM, ZfsCommand } from '../../../zfs/ioctl/request';
import { NvList, packList, unpackList } from '../../../zfs/port/nvlist';

const ENOMEM: i32 = 12;
const EIO: i32 = 5;
const FIRST_ROOM: i32 = 320 << 10;
const MOST_ROOM: u64 = 64 << 20;

export class DeviceChannel extends Channel {
  /** What the kernel is told the addresses of: the collector sees no address in the command's header. */
  private readonly kept: StaticArray<u8>[] = [];

  private constructor(private readonly descriptor: i32) {
    super();
  }

  /** Null: see {@link openError}. */
  static open(): DeviceChannel | null {
    openError = openFile('/dev/zfs', O_RDWR);
    return openError < 0 ? null : new DeviceChannel(openError);
  }

  call(request: string, input: NvList, output: NvList): i32 {
    const name = new StaticArray<u8>(request.length);
    for (let i = 0; i < request.length; i++) name[i] = <u8>request.charCodeAt(i);
    const bytes = packList(input, 0, 0);
    const packed = new StaticArray<u8>(<i32>bytes);
    packList(input, changetype<usize>(packed), bytes);
    this.kept.length = 0;
    this.kept.push(name);
    this.kept.push(packed);
    const header = new StaticArray<u8>(<i32>offsetof<ZfsCommand>());
    const command = changetype<ZfsCommand>(header);
    command.name = changetype<usize>(name);
    command.nameBytes = name.length;
    command.input = changetype<usize>(packed);
    command.inputBytes = bytes;
    let answer = new StaticArray<u8>(FIRST_ROOM);
    let result: i64 = 0;
    while (true) {
      command.output = changetype<usize>(answer);
      command.room = answer.length;
      command.outputBytes = 0;
      result = calls.ioctl(this.descriptor, ZFS_PERFORM, changetype<usize>(header));
      // Only what is asked for is ever so long, and may be asked for again.
      if (result != -ENOMEM || command.outputBytes <= <u64>answer.length || command.outputBytes > MOST_ROOM) break;
      answer = new StaticArray<u8>(<i32>command.outputBytes * 2);
    }
    if (command.outputBytes && command.outputBytes <= <u64>answer.length) {
      const list = unpackList(changetype<usize>(answer), <usize>command.outputBytes);
      if (!list) return -EIO;
      for (let i = 0; i < list.pairs.length; i++) output.pairs.push(list.pairs[i]);
    }
    return <i32>result;
  }
}

/** Why there is no channel: a negative errno. */
export let openError: i32 = 0;
