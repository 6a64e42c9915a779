// SPDX-License-Identifier: MIT
/** @fileoverview Checks, each with a name and the value that the standard or illumos's manual says; what differs is printed. */
import * as calls from '../lib/calls';
import { flush, out } from '../lib/io';

let checks = 0;
let failures = 0;

export function check(name: string, got: i64, expected: i64): void {
  checks++;
  if (got == expected) return;
  failures++;
  out('FAILED ' + name + ': got ' + got.toString() + ', expected ' + expected.toString() + '\n');
  flush();
}
export function checkText(name: string, got: string, expected: string): void {
  checks++;
  if (got == expected) return;
  failures++;
  out('FAILED ' + name + ': got "' + got + '", expected "' + expected + '"\n');
  flush();
}

export function report(): i32 {
  out(checks.toString() + ' checks, ' + failures.toString() + ' failed\n');
  flush();
  return failures ? 1 : 0;
}

// ---- memory and texts for calls

/** A zero-terminated copy in memory that is not collected before the next 64 of them. */
const kept = new StaticArray<StaticArray<u8> | null>(64);
let keptNext = 0;
export function text(value: string): u64 {
  const copy = new StaticArray<u8>(value.length + 1);
  for (let i = 0; i < value.length; i++) copy[i] = <u8>value.charCodeAt(i);
  kept[keptNext++ & 63] = copy;
  return <u64>changetype<usize>(copy);
}

export const buffer: usize = memory.data(8192, 16);
export const BUFFER: u64 = <u64>buffer;

export function received(count: i64): string {
  let result = '';
  for (let i: i64 = 0; i < count; i++) result += String.fromCharCode(load<u8>(buffer + <usize>i));
  return result;
}

export function writeText(descriptor: i32, value: string): i64 {
  return calls.write(descriptor, text(value), <u64>value.length);
}
export function readText(descriptor: i32): string {
  const count = calls.read(descriptor, BUFFER, 4096);
  return count < 0 ? 'error ' + (-count).toString() : received(count);
}
