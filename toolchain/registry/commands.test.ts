// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { projectRoot } from '../asc/root.ts';
import {
  commandName,
  commandPaths,
  manualIndex,
  manualPage,
  manualPath,
  multiCallMain,
  parseCommand,
  readCommands,
} from './commands.ts';

const TEXT = `// SPDX-License-Identifier: MIT
/**
 * @fileoverview mine(8): dig for
 * ore
 * @path /sbin/mine
 *
 * How it is done.
 */
/** @manual
 * DESCRIPTION
 * Digs.
 *   -d  deep
 */
export const USAGE: string = 'mine [-d] place\\n' + 'mine -l';
export function main(args: string[]): i32 { return 0; }
`;

test('a file says name, section, summary, synopsis, page and further names', () => {
  expect(parseCommand('guest-os/cmd/core/mine.ts', 'mine', 'core', TEXT)).toEqual({
    name: 'mine',
    section: '8',
    summary: 'dig for ore',
    usage: ['mine [-d] place', 'mine -l'],
    manual: 'DESCRIPTION\nDigs.\n  -d  deep',
    paths: ['/sbin/mine'],
    program: 'core',
    module: 'mine',
  });
});

test('what is no command is refused by name', () => {
  expect(() => parseCommand('guest-os/cmd/core/other.ts', 'other', 'core', TEXT)).toThrow(/other\.ts: no "@fileoverview other/);
});

test('names, page, index and main follow from it', () => {
  const command = parseCommand('guest-os/cmd/core/mine.ts', 'mine', 'core', TEXT);
  expect(commandPaths(command)).toEqual(['usr/sbin/mine', 'sbin/mine']);
  expect(manualPath(command)).toBe('usr/share/man/man8/mine.8');
  expect(manualPage(command)).toBe(
    'mine(8)\n\nNAME\nmine - dig for ore\n\nSYNOPSIS\n  mine [-d] place\n  mine -l\n\nDESCRIPTION\nDigs.\n  -d  deep\n',
  );
  expect(manualIndex([command])).toBe('mine(8) - dig for ore\n');
  expect(multiCallMain([command])).toContain("if (name == 'mine') return main0(args);");
});

test('file names that are words of the language, or no words', () => {
  expect(['test_.ts', 'bracket.ts', 'ls.ts'].map(commandName)).toEqual(['test', '[', 'ls']);
});

test('the tree has commands, each under one name', () => {
  const names = readCommands(projectRoot()).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['[', 'cat', 'ls', 'sh']));
});

test.each(readCommands(projectRoot()).map((command) => [command.name, command] as const))(
  '%s has a synopsis and a page',
  (_, { usage, manual }) => {
    expect(usage).not.toEqual([]);
    expect(manual).not.toBe('');
  },
);
