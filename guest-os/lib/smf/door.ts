// SPDX-License-Identifier: MIT
/**
 * @fileoverview How programs talk to svc.configd, and both to svc.startd: files in /etc/svc/volatile.
 *
 * A request is a file door/PID.req, written before the client's pid is sent through the FIFO `repository_door`; the answer is a file door/PID.rep,
 * and a byte in the client's FIFO door/PID.done says that it is there. The owner of the request's file is who asks: the kernel vouches
 * for it. Nobody ever waits for a client, and requests that were under way when svc.configd ended are found by the next one.
 *
 * A request's first line is the operation and its arguments, separated by tabs; an answer's first line is `ok`, or `error` and what is wrong.
 *
 * svc.startd reads lines from the FIFO `restarter`, which only root may write.
 */
import * as calls from '../calls';
import { errorText } from '../errors';
import { O_CREAT, O_RDONLY, O_RDWR, O_WRONLY, openFile, readAll, writeAll } from '../io';
import { bytesOf, pathOf } from '../text';

export const VOLATILE_ROOT: string = '/etc/svc/volatile';
export const DOOR: string = '/etc/svc/volatile/repository_door';
export const DOORS: string = '/etc/svc/volatile/door/';
export const RESTARTER: string = '/etc/svc/volatile/restarter';
export const O_EXCL: i32 = 0x400;
export const O_NOFOLLOW: i32 = 0x20000;
export const O_NONBLOCK: i32 = 0x80;
const S_IFIFO: i32 = 0x1000;
const ENXIO: i64 = -6;

/** A FIFO where there may be an old one. 0 or a negative errno. */
export function makeFifo(path: string, mode: i32): i64 {
  calls.unlink(pathOf(path));
  const error = calls.mknod(pathOf(path), S_IFIFO | mode, 0);
  return error < 0 ? error : calls.chmod(pathOf(path), mode);
}

export function writeText(descriptor: i32, text: string): i64 {
  return writeAll(descriptor, changetype<usize>(bytesOf(text)), text.length);
}

/** A new file with this content; 0 or a negative errno. */
export function writeNewFile(path: string, text: string, mode: i32): i64 {
  const descriptor = openFile(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  if (descriptor < 0) return descriptor;
  const error = writeText(descriptor, text);
  calls.close(descriptor);
  return error;
}

/** What is wrong with the last {@link ask} that gave null. */
export let problem: string = '';

/** Asks svc.configd: the answer without its first line; null: see {@link problem}. */
export function ask(request: string): string | null {
  const base = DOORS + calls.getpid().toString();
  calls.unlink(pathOf(base + '.req'));
  calls.unlink(pathOf(base + '.rep'));
  let error = makeFifo(base + '.done', 0o600);
  const done = error < 0 ? -1 : openFile(base + '.done', O_RDWR);
  if (error >= 0) error = done < 0 ? done : writeNewFile(base + '.req', request, 0o600);
  if (error >= 0) error = send(DOOR, calls.getpid().toString() + '\n');
  let answer: string | null = null;
  if (error >= 0) answer = readAnswer(done, base + '.rep');
  else problem = error == ENXIO || error == -2 ? 'Repository server unavailable.' : errorText(-error);
  if (done >= 0) calls.close(done);
  calls.unlink(pathOf(base + '.req'));
  calls.unlink(pathOf(base + '.rep'));
  calls.unlink(pathOf(base + '.done'));
  return answer;
}

/** Called when a signal comes while an answer is waited for. */
let onInterrupt: (() => void) | null = null;
export function setInterruptHook(hook: () => void): void {
  onInterrupt = hook;
}

const byte = memory.data(8);

function readAnswer(done: i32, path: string): string | null {
  let count: i64 = 0;
  do {
    count = calls.read(done, byte, 1);
    const hook = onInterrupt;
    if (count == -4 && hook) hook();
  } while (count == -4);
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) {
    problem = 'Repository server unavailable.';
    return null;
  }
  const text = readAll(descriptor);
  calls.close(descriptor);
  const end = text.indexOf('\n');
  const first = end < 0 ? text : text.substring(0, end);
  if (first == 'ok') return text.substring(end + 1);
  problem = first.startsWith('error\t') ? first.substring(6) : 'Repository server unavailable.';
  return null;
}

/** A line into a FIFO that somebody reads; else -ENXIO. */
export function send(path: string, line: string): i64 {
  const descriptor = openFile(path, O_WRONLY | O_NONBLOCK);
  if (descriptor < 0) return descriptor;
  const error = writeText(descriptor, line);
  calls.close(descriptor);
  return error;
}
