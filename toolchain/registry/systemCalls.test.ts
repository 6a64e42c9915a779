// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { projectRoot } from '../asc/root.ts';
import { kernelTable, parseSystemCall, readSystemCalls, userStubs } from './systemCalls.ts';

const text = (number: number, name: string, signature: string): string =>
  `/** @fileoverview System call ${number}, ${name}: does it. */\nexport function ${name}(${signature}): i64 {\n  return 0;\n}\n`;

test('a file says number, name, arguments and what it does', () => {
  expect(parseSystemCall('read', text(3, 'read', 'descriptor: i32, buffer: u64, count: u64'))).toEqual({
    name: 'read',
    number: 3,
    restartable: true,
    summary: 'does it.',
    parameters: [
      { name: 'descriptor', type: 'i32' },
      { name: 'buffer', type: 'u64' },
      { name: 'count', type: 'u64' },
    ],
  });
});

test('what is no system call is refused by name', () => {
  expect(() => parseSystemCall('read', text(3, 'write', ''))).toThrow(/read\.ts: no "System call N, read/);
  expect(() => parseSystemCall('read', text(3, 'read', 'name: string'))).toThrow(/name is no i32/);
  expect(() => parseSystemCall('read', text(3, 'read', 'a: u64, b: u64, c: u64, d: u64, e: u64, f: u64, g: u64'))).toThrow(/six/);
});

test('the table and the stubs follow from the files', () => {
  const call = parseSystemCall('seek', text(19, 'seek', 'descriptor: i32, offset: i64'));
  expect(kernelTable([call])).toContain('case 19: return seek(<i32>a, <i64>b);');
  expect(kernelTable([call])).toContain("case 19: return 'seek';");
  const pause = parseSystemCall('pause', text(29, 'pause', '').replace('pause:', 'pause (not restarted):'));
  expect(kernelTable([call, pause])).toMatch(/isRestartable[^}]*case 29: return false;\n {2}}/);
  expect(userStubs([call])).toContain('return call(19, <u64>descriptor, <u64>offset, 0); }');
});

test("numbers are illumos's (<sys/syscall.h>)", () => {
  const numbers = Object.fromEntries(readSystemCalls(projectRoot()).map(({ name, number }) => [name, number]));
  expect(numbers).toMatchObject({ exit: 1, read: 3, write: 4, open: 5, brk: 17, pgrpsys: 39, ioctl: 54, execve: 59 });
  expect(numbers).toMatchObject({
    getdents: 81,
    sigaction: 98,
    waitid: 107,
    mmap: 115,
    forksys: 142,
    nanosleep: 199,
    getcwd: 229,
  });
});
