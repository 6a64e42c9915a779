// SPDX-License-Identifier: MIT
/**
 * @fileoverview Which handlers sit in the main loop. V8's optimiser falls back to a slower register allocator above some 8,192 virtual
 * registers, about 250-290 handlers (Node 20), so the list is short and chosen by profile: see `docs/how-it-works.md`.
 */

const HOT = new Set(['mov', 'add', 'sub', 'xor', 'and', 'or', 'cmp', 'test', 'lea', 'push', 'pop', 'movzx', 'shl', 'shr']);
/** Whether the form with this key belongs into the main loop. */
export function isHot(key: string): boolean {
  if (key === 'link' || key === 'link far' || key === 'address segment64') return true;
  const fused = key.includes('+jcc');
  const [name, size = '', operands = '', environment = ''] = key.split('+')[0].split('/');
  if (/[cas](16|32)/.test(environment) || /[cas](16|32)$/.test(key.split('+')[0])) return false;
  if (name === 'jcc' || name === 'jmp' || name === 'call' || name === 'ret') return key.includes('c64') || key.includes('s64');
  if (fused) return (name === 'cmp' || name === 'test') && Number(size) >= 32 && !/m/.test(operands);
  if (!HOT.has(name) || Number(size) < 32) return name === 'mov' && size === '8' && !/i|f/.test(operands);
  if (/f/.test(operands)) return false;
  if (name === 'mov' || name === 'lea' || name === 'movzx') return true;
  return !/^[mb]/.test(operands) && !/m/.test(operands);
}
