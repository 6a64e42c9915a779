// SPDX-License-Identifier: MIT
/**
 * @fileoverview Why an exception happened, and whether the code expected it. What compiled code stops with is recognised: `ud2` and a code byte (toolchain/translate/types.ts), a page
 * fault in page 0 of the window, or in a stack's guard page. A kernel stack that has overflowed cannot take the fault's frame, which makes it a
 * double fault on a stack of its own.
 */
import { TrapFrame } from 'layout/processor';
import { KERNEL_STACK_SLOT, KERNEL_STACKS, WINDOW } from 'machine/addresses';
import { load64 } from 'machine/mem';
import { faultTable } from 'machine/stubs';
import { peek64 } from 'runtime/symbols';

export const VECTOR_DE: u64 = 0;
export const VECTOR_UD: u64 = 6;
export const VECTOR_DF: u64 = 8;
export const VECTOR_GP: u64 = 13;
export const VECTOR_PF: u64 = 14;

/** A fault of an instruction that expects one: continues where the fault table says. */
export function recover(frame: TrapFrame): bool {
  const rip = frame.rip;
  for (let row = faultTable(); load64(row); row += 24) {
    if (rip < load64(row) || rip >= load64(row + 8)) continue;
    frame.rip = load64(row + 16);
    return true;
  }
  return false;
}

/** What happened, in the words of the language that the code was written in. */
export function reasonOf(vector: u64, rip: u64, at: u64, user: bool): string {
  if (vector == VECTOR_UD) return trapReason(rip);
  if (vector == VECTOR_DE) return 'division by zero or overflow';
  if (vector == VECTOR_GP) return 'general protection fault';
  if (vector == VECTOR_DF) return isGuard(at) ? 'stack overflow' : 'double fault';
  if (vector != VECTOR_PF) return 'unexpected trap';
  if (at - (user ? 0 : WINDOW) < 4096) return 'null dereference';
  if (!user && isGuard(at)) return 'stack overflow';
  return !user && at - WINDOW < (<u64>1) << 33 ? 'bad window pointer' : 'page fault';
}

/** Does the address lie in the guard page that a stack's slot begins with? */
function isGuard(at: u64): bool {
  const offset = at - WINDOW - KERNEL_STACKS;
  return offset < (<u64>1) << 29 && offset % KERNEL_STACK_SLOT < 4096;
}

/** The byte behind a ud2 says why compiled code gave up (toolchain/translate/types.ts). */
function trapReason(rip: u64): string {
  const bytes = peek64(rip);
  if ((bytes & 0xffff) != 0x0b0f) return 'invalid opcode';
  switch (<i32>(bytes >> 16) & 0xff) {
    case 0:
      return 'unreachable';
    case 1:
      return 'function table index out of range';
    case 2:
      return 'indirect call of another type';
    case 3:
      return 'number too large for an integer';
    case 4:
      return 'unaligned atomic';
    case 5:
      return 'stack overflow';
    case 6:
      return 'memory operation out of bounds';
  }
  return 'invalid opcode';
}
