// SPDX-License-Identifier: MIT
/** @fileoverview System call 181, rusagesys: what the process (0), its children (1) or the thread (2) have used, at a struct rusage. */
import { countsToTime } from '../kernel/time/clock';
import { MODE_SYSTEM, thisCpu } from '../kernel/thread/cpu';
import { EINVAL, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { current } from '../kernel/thread/thread';
import { copyOut } from '../kernel/memory/user';

const SIZE: usize = 144;
const buffer = memory.data(144, 8);

export function rusagesys(who: i32, to: u64): i64 {
  if (who < 0 || who > 2) return setError(EINVAL);
  thisCpu().charge(MODE_SYSTEM);
  const process = currentProcess();
  const thread = current();
  memory.fill(buffer, 0, SIZE);
  if (who == 1) {
    storeTime(0, process.childUser);
    storeTime(16, process.childSystem);
  } else if (who == 2) {
    storeTime(0, countsToTime(thread.userCounts));
    storeTime(16, countsToTime(thread.systemCounts));
    store<u64>(buffer, thread.voluntarySwitches, 128);
    store<u64>(buffer, thread.involuntarySwitches, 136);
  } else {
    storeTime(0, process.userTime);
    storeTime(16, process.systemTime);
    store<u64>(buffer, process.minorFaults, 64);
    store<u64>(buffer, process.majorFaults, 72);
    store<u64>(buffer, process.signals, 120);
    for (let i = 0; i < process.threads.length; i++) {
      store<u64>(buffer, load<u64>(buffer, 128) + process.threads[i].voluntarySwitches, 128);
      store<u64>(buffer, load<u64>(buffer, 136) + process.threads[i].involuntarySwitches, 136);
    }
  }
  return copyOut(to, buffer, SIZE);
}

function storeTime(at: usize, nanoseconds: u64): void {
  store<u64>(buffer + at, nanoseconds / 1000000000);
  store<u64>(buffer + at, (nanoseconds % 1000000000) / 1000, 8);
}
