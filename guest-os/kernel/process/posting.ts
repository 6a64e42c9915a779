// SPDX-License-Identifier: MIT
/** @fileoverview Signals from one process to others, and what a parent is told of its children. */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { KEYBOARD_STOPS, SA_NOCLDSTOP, SIGCLD, bit } from '../signal/signal';
import { SignalInfo, takeInfo } from '../signal/signalInfo';
import { interrupt } from '../thread/waitQueue';
import { isOrphaned } from './groups';
import { CLD_CONTINUED, CLD_STOPPED, Process, STOPPED, ZOMBIE } from './process';
import { currentProcess, processes } from './processes';

/** A record that names the caller as the sender; null: none is free. */
export function senderInfo(signal: i32, code: i32): SignalInfo | null {
  const info = takeInfo(signal, code);
  if (!info) return null;
  const sender = currentProcess();
  info.pid = sender.pid;
  info.uid = sender.credentials.uid;
  info.zoneid = sender.credentials.zoneid;
  return info;
}

/** Posts to all of a group; how many those were. The kernel does it, for a terminal. */
export function postToGroup(group: i32, signal: i32): i32 {
  let count = 0;
  for (let i = 0; i < processes.length; i++) {
    const process = processes[i];
    if (process.group != group || process.state == ZOMBIE) continue;
    if (signal) process.post(signal);
    count++;
  }
  return count;
}

/** Stops the running process until SIGCONT or SIGKILL. */
export function stopProcess(signal: i32): void {
  const process = currentProcess();
  if (bit(signal) & KEYBOARD_STOPS && isOrphaned(process.group)) return;
  const flags = saveInterrupts();
  if (process.state != STOPPED) {
    process.state = STOPPED;
    tellParent(process, CLD_STOPPED, signal);
    for (let i = 0; i < process.threads.length; i++) interrupt(process.threads[i]);
  }
  while (process.state == STOPPED) process.resumed.wait(false);
  restoreInterrupts(flags);
}

/** News for the parent: it may wait for it, and gets SIGCLD unless it does not want to know. */
export function tellParent(process: Process, code: i32, status: i32): void {
  process.news = code;
  process.status = status;
  const parent = process.parent;
  if (!parent) return;
  const stops = code == CLD_STOPPED || code == CLD_CONTINUED;
  if (!process.silent && !(stops && parent.dispositions[SIGCLD].flags & SA_NOCLDSTOP)) {
    const info = takeInfo(SIGCLD, code);
    if (info) {
      info.pid = process.pid;
      info.uid = process.credentials.uid;
      info.zoneid = process.credentials.zoneid;
      info.status = status;
      info.userTicks = process.userTime / 10000000;
      info.systemTicks = process.systemTime / 10000000;
    }
    parent.post(SIGCLD, info);
  }
  parent.childNews.wakeAll();
}
