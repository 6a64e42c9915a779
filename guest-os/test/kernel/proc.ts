// SPDX-License-Identifier: MIT
/** @fileoverview What /proc says of a process, against what the process knows of itself. */
import * as calls from '../../lib/calls';
import { namesIn } from '../../lib/files';
import { out } from '../../lib/io';
import { fork, waitFor } from '../../lib/process';
import { parseNumber, pathOf, zeroTerminated } from '../../lib/text';

const buffer = memory.data(16384, 16);
let failed: i32 = 0;
function expect(right: bool, what: string): void {
  if (right) return;
  out('proc: ' + what + '\n');
  failed++;
}

/** Bytes of a file of /proc/PID in the buffer: how many, or an errno. */
function fetch(pid: i32, name: string): i64 {
  const descriptor = <i32>calls.open(pathOf('/proc/' + pid.toString() + '/' + name), 0, 0);
  if (descriptor < 0) return descriptor;
  const count = calls.read(descriptor, buffer, 16384);
  calls.close(descriptor);
  return count;
}

/** Every process with its state and the system call that it is in: where a stress test stands still. */
export function showWaits(): i32 {
  const names = namesIn('/proc')!;
  for (let i = 0; i < names.length; i++) {
    const pid = <i32>parseNumber(names[i]);
    if (pid <= 0 || fetch(pid, 'psinfo') != 416) continue;
    out(names[i] + ' of ' + load<i32>(buffer, 12).toString() + ' ' + zeroTerminated(buffer + 136) + ' ');
    out(String.fromCharCode(load<u8>(buffer, 314)) + ' call ' + load<i16>(buffer, 316).toString() + '\n');
  }
  return 0;
}

export function testProc(): i32 {
  const self = <i32>calls.getpid();
  expect(fetch(self, 'psinfo') == 416 && load<i32>(buffer, 8) == self, 'psinfo');
  expect(zeroTerminated(buffer + 136) == 'kernel', 'psinfo: the name');
  const kilobytes = load<u64>(buffer, 48);
  const count = fetch(self, 'map') / 104;
  let sum: u64 = 0;
  for (let i = 0; i < <i32>count; i++) sum += load<u64>(buffer + i * 104, 8);
  expect(count > 3 && sum / 1024 == kilobytes, 'map: the sum of all is the size in psinfo');
  // A new mapping shows, with its rights.
  const at = <u64>calls.mmap(0, 12288, 1, 0x102, -1, 0);
  let found = false;
  const more = fetch(self, 'map') / 104;
  for (let i = 0; i < <i32>more; i++) {
    const row = buffer + i * 104;
    if (load<u64>(row) == at) found = load<u64>(row, 8) == 12288 && load<i32>(row, 88) == 0x44;
  }
  expect(more == count + 1 && found, 'map: a new mapping');
  calls.alarm(100);
  expect(fetch(self, 'usage') == 504 && load<u64>(buffer, 328) > 0 && load<u64>(buffer, 408) > 10, 'usage');
  const callsBefore = load<u64>(buffer, 408);
  for (let i = 0; i < 5; i++) calls.getpid();
  expect(fetch(self, 'usage') == 504 && load<u64>(buffer, 408) >= callsBefore + 5, 'usage: system calls are counted');
  expect(fetch(self, 'execname') > 0 && zeroTerminated(buffer) == '/usr/bin/kernel', 'execname');
  expect(fetch(self, 'argv') > 0 && zeroTerminated(buffer) == '/usr/bin/kernel', 'argv');
  expect(namesIn('/proc/self/lwp')!.length == 3, 'lwp: one thread');
  const descriptor = <i32>calls.open(pathOf('/etc/passwd'), 0, 0);
  expect(namesIn('/proc/self/fd')!.includes(descriptor.toString()), 'fd: what is open');
  calls.close(descriptor);
  calls.chdir(pathOf('/etc'));
  expect(calls.access(pathOf('/proc/self/cwd/passwd'), 0) == 0, 'cwd: is the directory');
  // Memory of another process, and what it may not see.
  const pid = fork();
  if (!pid) calls.exit(asSomebody(self));
  expect(waitFor(pid).status == 0, 'what belongs to root is not for others');
  store<u64>(buffer + 8192, 0x1122334455667788);
  const memory_ = <i32>calls.open(pathOf('/proc/self/as'), 0, 0);
  calls.lseek(memory_, <i64>buffer + 8192, 0);
  expect(calls.read(memory_, buffer, 8) == 8 && load<u64>(buffer) == 0x1122334455667788, 'as');
  out(failed ? 'proc: wrong\n' : 'proc: as it should be\n');
  return failed ? 1 : 0;
}

function asSomebody(root: i32): i32 {
  calls.setuid(60001);
  const self = <i32>calls.getpid();
  if (fetch(self, 'cred') < 28 || load<i32>(buffer) != 60001 || load<i32>(buffer, 4) != 60001) return 1;
  if (fetch(root, 'psinfo') != 416) return 2;
  if (fetch(root, 'cred') != -13 || fetch(root, 'map') != -13 || fetch(root, 'as') != -13) return 3;
  return 0;
}
