// SPDX-License-Identifier: MIT
/**
 * @fileoverview How a system call's results reach the user's registers: illumos's convention for amd64.
 *
 * The first result goes to rax, the second, if there is one, to rdx. A failure sets the carry flag and puts the errno, positive, into
 * rax; rdx stays. Handlers return the first result or a negative errno; a second one is left here by {@link withSecond}, as the
 * last thing that the handler does, so nothing sleeps between it and {@link storeResults}. A handler that has replaced the whole trap frame
 * (exec, setcontext) says so by {@link withFrame}.
 */
import { TrapFrame } from 'layout/processor';
import { EINTR } from './errno';
import { Thread } from './thread/thread';

const CARRY: u64 = 1;
/** Results of -1 to -4095 are errnos. */
const LARGEST_ERRNO: i64 = 4095;

let second: u64 = 0;
let replaced = false;

/** A result with a second one. */
export function withSecond(first: i64, value: u64): i64 {
  second = value;
  return first;
}

/** The frame is what user mode continues from: nothing of it is touched. */
export function withFrame(): i64 {
  replaced = true;
  return 0;
}

/** Has the last call replaced the frame? Whoever stores results asks first. */
export function hasReplaced(): bool {
  const whole = replaced;
  replaced = false;
  return whole;
}

export function storeResults(frame: TrapFrame, result: i64): void {
  const rdx = second;
  second = 0;
  if (replaced) {
    replaced = false;
    return;
  }
  if (result < 0 && result >= -LARGEST_ERRNO) {
    frame.rflags |= CARRY;
    frame.rax = -result;
    return;
  }
  frame.rflags &= ~CARRY;
  frame.rax = result;
  frame.rdx = rdx;
}

/** A handler comes between an interrupted call and its end: the call fails with EINTR, or begins anew when the handler is done. */
export function storeContextResult(thread: Thread, frame: TrapFrame, restart: bool): void {
  if (restart) {
    frame.rax = thread.systemCall;
    // SYSCALL is two bytes.
    frame.rip -= 2;
  } else {
    thread.process!.brand.storeResults(frame, <u32>thread.systemCall, -EINTR);
  }
}
