// SPDX-License-Identifier: MIT
/** @fileoverview An end by SIGSEGV that a debugger can be asked about: a text at a known address, a known number in memory, a known place. */
import { load64, store64, store8 } from 'machine/mem';
import * as calls from '../../lib/calls';

/** Where the text is, and what cannot be read. */
const PLACE: u64 = 0x20000000000;
const NOWHERE: u64 = 0x30000001234;
const MAP_FIXED_PRIVATE_ANON: i32 = 0x112;

export function crash(): i32 {
  const text = 'read by a debugger';
  calls.mmap(PLACE, 4 * 4096, 3, MAP_FIXED_PRIVATE_ANON, -1, 0);
  for (let i = 0; i < text.length; i++) store8(PLACE + i, text.charCodeAt(i));
  // Two pages stay untouched before this one.
  store64(PLACE + 3 * 4096 + 8, 0x1122334455667788);
  return <i32>load64(NOWHERE);
}
