// SPDX-License-Identifier: MIT
/** @fileoverview Variables of bash that are computed when they are asked for. */
import * as calls from '../../../lib/calls';
import { effectiveUser, parentProcess, realUser } from '../../../lib/identity';
import { currentTime, highResolutionTime } from '../../../lib/time';
import { parseNumber } from '../../../lib/text';
import { state } from '../state';

const NAMES: string[] = ['RANDOM', 'SECONDS', 'LINENO', 'BASHPID', 'EPOCHSECONDS', 'UID', 'EUID', 'PPID', 'FUNCNAME'];
const BILLION: u64 = 1000000000;

let seed: u32 = 0;
/** Seconds of the machine's clock at which SECONDS was 0. */
let secondsFrom: i64 = 0;

export function startClock(): void {
  secondsFrom = <i64>(highResolutionTime() / BILLION);
  seed = <u32>highResolutionTime() ^ ((<u32>state.pid) << 16);
}

export function isDynamic(name: string): bool {
  const c = name.charCodeAt(0);
  return (
    (c == 0x52 || c == 0x53 || c == 0x4c || c == 0x42 || c == 0x45 || c == 0x55 || c == 0x50 || c == 0x46) && NAMES.includes(name)
  );
}

export function dynamicValue(name: string): string {
  if (name == 'RANDOM') {
    // The generator of C's standard (ISO C, 7.22.2.2).
    seed = seed * 1103515245 + 12345;
    return ((seed >> 16) & 0x7fff).toString();
  }
  if (name == 'SECONDS') return (<i64>(highResolutionTime() / BILLION) - secondsFrom).toString();
  if (name == 'LINENO') return state.line.toString();
  if (name == 'BASHPID') return calls.getpid().toString();
  if (name == 'EPOCHSECONDS') return currentTime().toString();
  if (name == 'UID') return realUser().toString();
  if (name == 'EUID') return effectiveUser().toString();
  if (name == 'PPID') return parentProcess().toString();
  return state.functionNames.length ? state.functionNames[state.functionNames.length - 1] : '';
}

export function setDynamic(name: string, value: string): void {
  const number = max(parseNumber(value), 0);
  if (name == 'RANDOM') seed = <u32>number;
  else if (name == 'SECONDS') secondsFrom = <i64>(highResolutionTime() / BILLION) - number;
}
