// SPDX-License-Identifier: MIT
/** @fileoverview A process's memory for others, through its page tables. */
import { address } from 'machine/mem';
import { EFAULT, EIO, setError } from '../../kernel/errno';
import { PAGE } from '../../kernel/memory/frames';
import { frameAt, isWritable } from '../../kernel/memory/hat';
import { Process } from '../../kernel/process/process';
import { bring, copyNow } from '../../kernel/memory/user';

/** Copies memory of a process to or from an address: 0, -EFAULT where the other side faults, -EIO where nothing is mapped. */
export function copyMemory(process: Process, at: u64, other: u64, count: u64, write: bool): i32 {
  for (let done: u64 = 0; done < count; ) {
    const space = process.space;
    if (!space) return setError(EIO);
    const place = at + done;
    const part = min<u64>(<u64>PAGE - (place & 4095), count - done);
    if (space.fault(place, write, false)) return setError(EIO);
    const frame = frameAt(space.tables, place);
    // It took time to bring the page, and something else is there now.
    if (!frame || (write && !isWritable(space.tables, place))) continue;
    const here = address(frame + (<usize>place & 4095));
    if (copyNow(write ? here : other + done, write ? other + done : here, part)) {
      if (bring(other + done, part, !write)) return setError(EFAULT);
      continue;
    }
    done += part;
  }
  return 0;
}
