// SPDX-License-Identifier: MIT
/** @fileoverview System call 137, sysconfig: what sysconf(3C) asks the kernel. */
import { HZ } from '../kernel/time/clock';
import { processors } from '../kernel/thread/cpu';
import { NGROUPS_MAX } from '../kernel/process/credentials';
import { EINVAL, setError } from '../kernel/errno';
import { freeFrames, PAGE, promisable, totalFrames } from '../kernel/memory/frames';
import { currentProcess } from '../kernel/process/processes';
import { MAX_PID } from '../kernel/process/process';
import { maxThreads } from '../kernel/limits/resource';
import { SIGRTMAX, SIGRTMIN } from '../kernel/signal/signal';
import { TIMER_MAX } from '../kernel/time/timers';
import { SIGQUEUE_MAX } from './sigqueue';

/** _CONFIG_ numbers (<sys/unistd.h>). */
export function sysconfig(which: i32): i64 {
  switch (which) {
    case 2:
      return NGROUPS_MAX;
    case 3:
      return maxThreads();
    case 4:
      return currentProcess().descriptorLimit;
    case 5:
      return 200112;
    case 6:
      return PAGE;
    case 7:
    case 10:
      return HZ;
    case 8:
      return 600;
    case 11:
    case 12:
    case 45:
    case 49:
      return processors().length;
    case 16:
      return 0x7fffffff;
    case 19:
      return <i64>SIGRTMAX - SIGRTMIN + 1;
    case 22:
      return SIGQUEUE_MAX;
    case 23:
      return SIGRTMIN;
    case 24:
      return SIGRTMAX;
    case 25:
      return TIMER_MAX;
    case 26:
      return totalFrames();
    case 27:
      return min<i64>(freeFrames(), max<i64>(promisable(), 0));
    case 43:
      return MAX_PID;
    case 46:
      return <i64>processors().length - 1;
    case 47:
      return 20;
  }
  return setError(EINVAL);
}
