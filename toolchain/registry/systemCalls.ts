// SPDX-License-Identifier: MIT
/**
 * @fileoverview The system calls, from one file each: what guest-os/syscall/NAME.ts says becomes the kernel's table and the programs' stubs.
 *
 * A file carries its record itself: the number in its first comment (`System call 3, read: …`), the arguments and their types in
 * the signature of the function it exports. A call that a signal ends for good says so: `System call 29, pause (not restarted): …`; all
 * others begin anew after a handler with SA_RESTART. From all of them come, as sources that exist only for the compiler:
 * - `guest-os/syscall/table.ts` for the kernel: `dispatch` by number, `isRestartable`, `callName` and `callArguments` for truss and probes;
 * - `guest-os/lib/callTable.ts` for truss: names and numbers, and what each argument is ({@link kindOf});
 * - `guest-os/lib/calls.ts` for programs: a function for each, whose result is the call's, a negative errno among them.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SystemCall {
  readonly name: string;
  readonly number: number;
  /** May it begin anew after a signal's handler? */
  readonly restartable: boolean;
  /** What it does, from its comment. */
  readonly summary: string;
  readonly parameters: readonly { readonly name: string; readonly type: string }[];
}

const TYPES = new Set(['i32', 'u32', 'i64', 'u64']);

/** What one file says of its call. Throws for a file that is not one. */
export function parseSystemCall(name: string, text: string): SystemCall {
  const record = /System call (\d+), (\w+)( \(not restarted\))?: ([^*]*?)\s*\*\//.exec(text);
  if (!record || record[2] !== name)
    throw new Error(`guest-os/syscall/${name}.ts: no "System call N, ${name}: …" in its comment`);
  const signature = new RegExp(`export function ${name}\\(([^)]*)\\): i64`).exec(text);
  if (!signature) throw new Error(`guest-os/syscall/${name}.ts: no exported function ${name} with result i64`);
  const parameters = signature[1]
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [parameter, type] = part.split(':').map((word) => word.trim());
      if (!TYPES.has(type)) throw new Error(`guest-os/syscall/${name}.ts: argument ${parameter} is no ${[...TYPES].join(', ')}`);
      return { name: parameter, type };
    });
  if (parameters.length > 6) throw new Error(`guest-os/syscall/${name}.ts: more than six arguments`);
  return {
    name,
    number: Number(record[1]),
    restartable: record[3] === undefined,
    summary: record[4].replace(/\s+/g, ' '),
    parameters,
  };
}

/** All system calls of a tree, by number. */
export function readSystemCalls(root: string): SystemCall[] {
  const folder = join(root, 'guest-os/syscall');
  if (!existsSync(folder)) return [];
  const calls = readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => parseSystemCall(file.slice(0, -3), readFileSync(join(folder, file), 'utf8')))
    .sort((a, b) => a.number - b.number);
  for (const [index, call] of calls.entries()) {
    const before = calls[index - 1];
    if (before?.number === call.number) throw new Error(`system call ${call.number} is both ${before.name} and ${call.name}`);
  }
  return calls;
}

const REGISTERS = 'abcdef';

export function kernelTable(calls: readonly SystemCall[]): string {
  const argument = (type: string, index: number): string => (type === 'u64' ? REGISTERS[index] : `<${type}>${REGISTERS[index]}`);
  return [
    '// Generated from guest-os/syscall.',
    "import { ENOSYS, setError } from '../kernel/errno';",
    ...calls.map(({ name }) => `import { ${name} } from './${name}';`),
    '/** Calls a system call by its number: its result, or a negative errno. */',
    'export function dispatch(number: u32, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 {',
    '  switch (number) {',
    ...calls.map(({ name, number, parameters }) => {
      const values = parameters.map(({ type }, index) => argument(type, index));
      return `    case ${number}: return ${name}(${values.join(', ')});`;
    }),
    '  }',
    '  return setError(ENOSYS);',
    '}',
    '/** May a call that a signal has interrupted begin anew? */',
    'export function isRestartable(number: u32): bool {',
    '  switch (number) {',
    ...calls.filter(({ restartable }) => !restartable).map(({ number }) => `    case ${number}: return false;`),
    '  }',
    '  return true;',
    '}',
    '/** The number of arguments of a system call. */',
    'export function callArguments(number: u32): i32 {',
    '  switch (number) {',
    ...calls.map(({ number, parameters }) => `    case ${number}: return ${parameters.length};`),
    '  }',
    '  return 0;',
    '}',
    '/** The name of a system call, empty where there is none. */',
    'export function callName(number: u32): string {',
    '  switch (number) {',
    ...calls.map(({ name, number }) => `    case ${number}: return '${name}';`),
    '  }',
    "  return '';",
    '}',
    '',
  ].join('\n');
}

export function userStubs(calls: readonly SystemCall[]): string {
  return [
    '// Generated from guest-os/syscall.',
    "import { call, call6 } from 'machine/sys';",
    ...calls.flatMap(({ name, number, summary, parameters }) => {
      const list = parameters.map((parameter) => `${parameter.name}: ${parameter.type}`).join(', ');
      const values = parameters.map((parameter) => (parameter.type === 'u64' ? parameter.name : `<u64>${parameter.name}`));
      const wide = parameters.length > 3;
      const all = [...values, ...Array(wide ? 6 : 3).fill('0')].slice(0, wide ? 6 : 3);
      return [
        `/** ${name}(2): ${summary} */`,
        `export function ${name}(${list}): i64 { return ${wide ? 'call6' : 'call'}(${[number, ...all].join(', ')}); }`,
      ];
    }),
    '',
  ].join('\n');
}

/** Calls whose `from` and `to` are paths. */
const RENAMES = /^rename/;
/** Calls that fill the buffer, and that take what is in it. */
const FILLS = /^(read|pread|recv|recvfrom|readlink|readlinkat)$/;
const TAKES = /^(write|pwrite|send|sendto)$/;

/**
 * What an argument is, as a letter, from its name, its type and its call's name. p: path or other text; o: octal mode; s: signal; D: directory's descriptor;
 * O: open's flags; P, M: protection and flags of mmap; r, w: a buffer that is filled, or taken from; W: where lseek counts from; x: address; d: number.
 */
export function kindOf(call: string, { name, type }: { readonly name: string; readonly type: string }): string {
  if (type === 'u64') {
    if (/^(path|newPath|special|target)$/.test(name)) return 'p';
    if (RENAMES.test(call) || (call === 'mount' && name !== 'flags')) return 'p';
    if ((name === 'buffer' || (name === 'to' && /^readlink/.test(call))) && FILLS.test(call)) return 'r';
    if (name === 'buffer' && TAKES.test(call)) return 'w';
    return /^(count|size|length|offset)$/.test(name) ? 'd' : 'x';
  }
  if (name === 'mode' || name === 'mask') return 'o';
  if (name === 'signal') return 's';
  if (name === 'directory' || name === 'newDirectory') return 'D';
  if (name === 'flags' && /^open/.test(call)) return 'O';
  if (name === 'flags' && call === 'mmap') return 'M';
  if (name === 'prot') return 'P';
  return name === 'whence' ? 'W' : 'd';
}

/** Names of errnos, from the kernel's list of them. */
export function readErrorNames(root: string): ReadonlyMap<number, string> {
  const text = readFileSync(join(root, 'guest-os/kernel/errno.ts'), 'utf8');
  return new Map([...text.matchAll(/^export const (E[A-Z0-9]+): i32 = (\d+);/gm)].map((match) => [Number(match[2]), match[1]]));
}

/** What truss knows of system calls. */
export function traceTable(calls: readonly SystemCall[], errors: ReadonlyMap<number, string>): string {
  return [
    '// Generated from guest-os/syscall.',
    '/** The name of a system call, empty where there is none. */',
    'export function callName(number: i32): string {',
    '  switch (number) {',
    ...calls.map(({ name, number }) => `    case ${number}: return '${name}';`),
    '  }',
    "  return '';",
    '}',
    '/** A letter for each argument: what it is (toolchain/registry/systemCalls.ts, kindOf). */',
    'export function callKinds(number: i32): string {',
    '  switch (number) {',
    ...calls.map(
      ({ name, number, parameters }) =>
        `    case ${number}: return '${parameters.map((parameter) => kindOf(name, parameter)).join('')}';`,
    ),
    '  }',
    "  return '';",
    '}',
    '/** The name of an errno, empty where there is none. */',
    'export function errorName(number: i32): string {',
    '  switch (number) {',
    ...[...errors].map(([number, name]) => `    case ${number}: return '${name}';`),
    '  }',
    "  return '';",
    '}',
    '',
  ].join('\n');
}
