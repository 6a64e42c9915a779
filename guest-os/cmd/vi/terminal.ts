// SPDX-License-Identifier: MIT
/** @fileoverview The terminal while vi has it: raw, on the second screen where it has one. */
import { flush, out } from '../../lib/io';
import { Settings } from '../../lib/tty';

let settings: Settings | null = null;

/** False: standard input is no terminal. */
export function enterScreen(): bool {
  settings = Settings.of(0);
  if (!settings) return false;
  settings!.raw(false).apply(0);
  out('\x1b[?1049h');
  return true;
}
export function leaveScreen(): void {
  out('\x1b[?1049l');
  flush();
  if (settings) settings!.apply(0);
}
