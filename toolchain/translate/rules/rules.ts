// SPDX-License-Identifier: MIT
/** @fileoverview All rules of instruction selection, by the wasm name of the operation. A rule describes one machine instruction. */
import type { Selector } from '../select.ts';
import type { Value } from '../ssa.ts';
import { atomicRules } from './atomic.ts';
import { callRules } from './call.ts';
import { compareRules } from './compare.ts';
import { floatRules } from './float.ts';
import { integerRules } from './integer.ts';
import { memoryRules } from './memory.ts';

export type Rule = (s: Selector, v: Value) => void;

export const rules: Readonly<Record<string, Rule>> = {
  ...integerRules,
  ...compareRules,
  ...floatRules,
  ...memoryRules,
  ...callRules,
  ...atomicRules,
};
