// SPDX-License-Identifier: MIT
/**
 * @fileoverview Semaphores of System V: sets, whose operations (semop) happen all at once or wait. How many semaphores a set may have, and how many operations
 * at a time it takes from then on, says its maker's process.max-sem-nsems and max-sem-ops.
 *
 * A list of operations is tried on the values; if one cannot be done, those before it are taken back, and the caller waits until something about the set
 * changes, and tries again. Who waits tells for which semaphore and for what, so GETNCNT and GETZCNT count waiters.
 *
 * SEM_UNDO: a set keeps, for each process that asked for it, what is to be added to each value when that ends. SETVAL and SETALL clear it.
 *
 * Values and pids of last operations lie in frames that the zone pays for (pages.ts).
 */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { E2BIG, EAGAIN, EFBIG, EIDRM, ENOSPC, ERANGE, setError } from '../errno';
import { heapHasRoom } from '../memory/heapRoom';
import { LIMIT_SEM_OPS } from '../limits/limits';
import { currentProcess } from '../process/processes';
import { Process } from '../process/process';
import { RCTL_MAX_SEM_IDS } from '../limits/rctl';
import { current } from '../thread/thread';
import { WaitQueue } from '../thread/waitQueue';
import { ZoneMemory } from '../zone/zoneMemory';
import { Facility, IPC_NOWAIT, IPC_R, IPC_W, IpcObject, now } from './objects';
import { Pages } from './pages';

export const semaphores = new Facility(RCTL_MAX_SEM_IDS);

/** SEMVMX and SEMAEM. */
export const VALUE_MAX: i32 = 32767;
const ADJUSTMENT_MAX: i32 = 16384;
const SEM_UNDO: i32 = 0o10000;

/** struct sembuf: number, operation, flags; 16 bits each. */
const OPERATION: usize = 6;
/** A semaphore: its value, and the pid of the last operation behind it. */
const ENTRY: u64 = 8;

/** Who waits in semop. */
class Waiter {
  number: i32 = 0;
  /** For the value to become 0; otherwise for more. */
  forZero: bool = false;
}

class Undo {
  constructor(
    readonly process: Process,
    readonly adjustments: StaticArray<i16>,
  ) {}
}

export class SemaphoreSet extends IpcObject {
  lastOperation: i64 = 0;
  private readonly mostOperations: u64 = currentProcess().limits.lower(LIMIT_SEM_OPS);
  private readonly pages: Pages;
  private readonly waiters: Waiter[] = [];
  private undos: Undo[] = [];
  private readonly news: WaitQueue = new WaitQueue();

  constructor(
    readonly count: i32,
    memory: ZoneMemory,
  ) {
    super();
    this.pages = new Pages(memory);
  }
  /** Once, before anything else. False: no memory. */
  begin(): bool {
    return this.pages.reach(<u64>this.count * ENTRY);
  }

  value(number: i32): i32 {
    return load<i32>(this.pages.at(<u64>number * ENTRY));
  }
  lastPid(number: i32): i32 {
    return load<i32>(this.pages.at(<u64>number * ENTRY), 4);
  }
  private put(number: i32, value: i32): void {
    store<i32>(this.pages.at(<u64>number * ENTRY), value);
  }
  private note(number: i32): void {
    store<i32>(this.pages.at(<u64>number * ENTRY), currentProcess().pid, 4);
  }

  /** SETVAL, and SETALL for each. */
  setValue(number: i32, value: i32): void {
    this.put(number, value);
    this.note(number);
    for (let i = 0; i < this.undos.length; i++) this.undos[i].adjustments[number] = 0;
    this.news.wakeAll();
  }

  waiting(number: i32, forZero: bool): i32 {
    let count = 0;
    for (let i = 0; i < this.waiters.length; i++)
      if (this.waiters[i].number == number && this.waiters[i].forZero == forZero) count++;
    return count;
  }

  remove(): void {
    this.pages.shrink(0);
    this.undos = [];
    this.news.wakeAll();
  }

  // ---- operations

  /** Is a list of operations too long? 0, or -E2BIG. */
  tooMany(count: u64): i32 {
    return count > this.mostOperations ? setError(E2BIG) : 0;
  }

  /** `list`: struct sembufs in the kernel's memory. 0, -EFBIG, -EACCES, -ERANGE, -ENOSPC, -EAGAIN, -EINTR, -EIDRM. `deadline`: 0: none. */
  operate(list: usize, count: i32, deadline: u64): i32 {
    let wanted = 0;
    let undoes = false;
    for (let i = 0; i < count; i++) {
      const at = list + <usize>i * OPERATION;
      if (<i32>load<u16>(at) >= this.count) return setError(EFBIG);
      wanted |= load<i16>(at, 2) ? IPC_W : IPC_R;
      if (load<i16>(at, 4) & SEM_UNDO && load<i16>(at, 2)) undoes = true;
    }
    const refused = this.access(wanted);
    if (refused) return refused;
    const undo = undoes ? this.undoOf(currentProcess(), true) : null;
    if (undoes && !undo) return setError(ENOSPC);
    const waiter = new Waiter();
    while (true) {
      const done = this.attempt(list, count, undo, waiter);
      if (done <= 0) return done;
      const error = this.wait(waiter, deadline);
      if (error) return error;
    }
  }

  /** 0: done; an error; 1: it has to wait, as `waiter` says. Nothing has changed then. */
  private attempt(list: usize, count: i32, undo: Undo | null, waiter: Waiter): i32 {
    for (let i = 0; i < count; i++) {
      const at = list + <usize>i * OPERATION;
      const number = <i32>load<u16>(at);
      const operation = <i32>load<i16>(at, 2);
      const flags = <i32>load<i16>(at, 4);
      const value = this.value(number);
      let error = 0;
      if (operation ? value + operation < 0 : value != 0) {
        waiter.number = number;
        waiter.forZero = !operation;
        error = flags & IPC_NOWAIT ? setError(EAGAIN) : 1;
      } else if (value + operation > VALUE_MAX) error = setError(ERANGE);
      else if (undo && flags & SEM_UNDO && abs(<i32>undo.adjustments[number] - operation) > ADJUSTMENT_MAX)
        error = setError(ERANGE);
      if (error) {
        this.takeBack(list, i, undo);
        return error;
      }
      this.put(number, value + operation);
      if (undo && flags & SEM_UNDO) undo.adjustments[number] -= <i16>operation;
    }
    for (let i = 0; i < count; i++) this.note(<i32>load<u16>(list + <usize>i * OPERATION));
    this.lastOperation = now();
    this.news.wakeAll();
    return 0;
  }
  private takeBack(list: usize, count: i32, undo: Undo | null): void {
    for (let i = count - 1; i >= 0; i--) {
      const at = list + <usize>i * OPERATION;
      const number = <i32>load<u16>(at);
      const operation = <i32>load<i16>(at, 2);
      this.put(number, this.value(number) - operation);
      if (undo && <i32>load<i16>(at, 4) & SEM_UNDO) undo.adjustments[number] += <i16>operation;
    }
  }

  /** Until the set has changed. 0, or -EIDRM, -EINTR, -EAGAIN (the time is over). */
  private wait(waiter: Waiter, deadline: u64): i32 {
    this.waiters.push(waiter);
    const flags = saveInterrupts();
    const error = this.news.waitUntil(true, deadline);
    restoreInterrupts(flags);
    this.waiters.splice(this.waiters.indexOf(waiter), 1);
    if (this.isRemoved) return setError(EIDRM);
    if (error < 0) return error;
    return current().timedOut ? setError(EAGAIN) : 0;
  }

  // ---- what is undone when a process ends

  private undoOf(process: Process, make: bool): Undo | null {
    for (let i = 0; i < this.undos.length; i++) if (this.undos[i].process == process) return this.undos[i];
    if (!make || !heapHasRoom()) return null;
    const undo = new Undo(process, new StaticArray<i16>(this.count));
    this.undos.push(undo);
    process.undoesSemaphores = true;
    return undo;
  }
  undo(process: Process): void {
    const undo = this.undoOf(process, false);
    if (!undo) return;
    for (let number = 0; number < this.count; number++) {
      const adjustment = <i32>undo.adjustments[number];
      if (!adjustment) continue;
      this.put(number, min(max(this.value(number) + adjustment, 0), VALUE_MAX));
      this.note(number);
    }
    this.undos.splice(this.undos.indexOf(undo), 1);
    this.news.wakeAll();
  }
}

/** A process ends. */
export function undoSemaphores(process: Process): void {
  if (!process.undoesSemaphores) return;
  const list = semaphores.visible();
  for (let i = 0; i < list.length; i++) (list[i] as SemaphoreSet).undo(process);
}
