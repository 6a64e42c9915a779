// SPDX-License-Identifier: MIT
/**
 * @fileoverview The list of processes. Ids: pid is unique among processes, process groups and sessions: a number is not used again while a group or
 * session has it.
 */
import { TrapFrame } from 'layout/processor';
import { ESRCH, setFailure } from '../errno';
import { heapMayHaveRoom } from '../memory/heapRoom';
import { Thread, current } from '../thread/thread';
import { MAX_PID, Process } from './process';

export const processes: Process[] = [];
let lastPid: i32 = 0;

export function processList(): Process[] {
  return processes;
}

/** The process whose thread is running; there is one whenever a system call is. */
export function currentProcess(): Process {
  return current().process!;
}

/** By pid; null: ESRCH. */
export function findProcess(pid: i32): Process | null {
  for (let i = 0; i < processes.length; i++) if (processes[i].pid == pid) return processes[i];
  setFailure(ESRCH);
  return null;
}

export function newPid(): i32 {
  while (true) {
    lastPid = lastPid < MAX_PID ? lastPid + 1 : 2;
    let taken = false;
    for (let i = 0; i < processes.length && !taken; i++) {
      const process = processes[i];
      taken = process.pid == lastPid || process.group == lastPid || process.session == lastPid;
    }
    if (!taken) return lastPid;
  }
}

/** Where a thread's registers lie while it is in the kernel, having come from user mode. */
export function frameOf(thread: Thread): TrapFrame {
  return changetype<TrapFrame>(thread.stackTop - TrapFrame.SIZE);
}

export function removeProcess(process: Process): void {
  const at = processes.indexOf(process);
  if (at < 0) return;
  processes.splice(at, 1);
  process.project.count(-1, 0);
  heapMayHaveRoom();
}
