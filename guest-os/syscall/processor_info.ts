// SPDX-License-Identifier: MIT
/** @fileoverview System call 188, processor_info: state, kind and clock of a processor, at a processor_info_t. */
import { processorRate } from '../kernel/time/clock';
import { processors } from '../kernel/thread/cpu';
import { EINVAL, setError } from '../kernel/errno';
import { copyOut, storeText } from '../kernel/memory/user';
import { P_ONLINE } from './p_online';

const SIZE: usize = 56;
const buffer = memory.data(56, 8);

export function processor_info(id: i32, to: u64): i64 {
  if (<u32>id >= <u32>processors().length) return setError(EINVAL);
  memory.fill(buffer, 0, SIZE);
  store<i32>(buffer, P_ONLINE);
  storeText(buffer + 4, 'i386');
  storeText(buffer + 20, 'i387 compatible');
  store<i32>(buffer, <i32>((processorRate() + 500000) / 1000000), 52);
  return copyOut(to, buffer, SIZE);
}
