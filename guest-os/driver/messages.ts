// SPDX-License-Identifier: MIT
/**
 * @fileoverview /dev/msglog: what is written appears on the console among the kernel's messages; what is read are the last 16 KiB of these messages,
 * which is what dmesg shows before a log daemon keeps them. On illumos it can only be written; reading takes the place of its kernel log stream.
 */
import { address } from 'machine/mem';
import { messageByte, messageCapacity, messageLength, putText } from 'runtime/console';
import { Device, makeDevice } from '../fs/dev/device';
import { addDevice } from '../fs/dev/devices';
import { S_IFCHR } from '../fs/vnode';
import { EFAULT, setError } from '../kernel/errno';
import { copyShared } from '../kernel/memory/user';

const MAJOR: u32 = 97;
const chunk = memory.data(256);

class MessageLog extends Device {
  constructor() {
    super(S_IFCHR | 0o644, 3, makeDevice(MAJOR, 0));
  }
  get seekable(): bool {
    return true;
  }
  read(offset: u64, to: u64, count: u64, nonblocking: bool): i64 {
    const end = messageLength();
    const kept = min(end, messageCapacity());
    if (offset >= kept) return 0;
    const part = <u32>min<u64>(min<u64>(count, 256), <u64>kept - offset);
    const from = end - kept + <u32>offset;
    for (let i: u32 = 0; i < part; i++) store<u8>(chunk + i, <u8>messageByte(from + i));
    return copyShared(to, address(chunk), part) ? setError(EFAULT) : <i64>part;
  }
  write(offset: u64, from: u64, count: u64, nonblocking: bool): i64 {
    for (let done: u64 = 0; done < count; ) {
      const part = min<u64>(count - done, 256);
      if (copyShared(address(chunk), from + done, part)) return done ? <i64>done : setError(EFAULT);
      for (let i: usize = 0; i < <usize>part; i++) putText(load<u8>(chunk + i));
      done += part;
    }
    return <i64>count;
  }
}

export function attachMessages(): void {
  addDevice('msglog', 'pseudo/log@0:msglog', new MessageLog());
}
