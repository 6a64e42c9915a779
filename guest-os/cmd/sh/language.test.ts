// SPDX-License-Identifier: MIT
/** The shell's language without a machine: braces as bash expands them, and a parser that comes to an end whatever the text. */
import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { testSeed } from '../../../test/support/seed.ts';
import { type Guest, loadGuest } from '../../../toolchain/asc/hostWasm.ts';
import { Random } from '../../../toolchain/translate/fuzz/random.ts';
import { haveOracles } from '../../../tools/oracles.js';

const SOURCE = `
import { expandBraces } from './guest-os/cmd/sh/expand/braces';
import { decodeAnsi } from './guest-os/cmd/sh/expand/ansi';
import { expandHistory, historyLines, missing } from './guest-os/cmd/sh/edit/history';
import { Parser } from './guest-os/cmd/sh/syntax/parser';
import { state } from './guest-os/cmd/sh/state';
import { bytesOf, textOf } from './guest-os/lib/text';

let result: StaticArray<u8> = new StaticArray<u8>(0);
export function setBash(on: bool): void { state.bash = on; }
export function braces(from: usize, count: i32): i32 {
  const text = expandBraces(textOf(from, count)).join(' ');
  result = bytesOf(text);
  return text.length;
}
export function recall(from: usize, count: i32): i32 {
  if (!historyLines().length) historyLines().push('echo one two');
  const expanded = expandHistory(textOf(from, count));
  const text = missing.length ? '' : expanded;
  result = bytesOf(text);
  return text.length;
}
export function decode(from: usize, count: i32): i32 {
  return decodeAnsi(textOf(from, count)).length;
}
export function place(): usize { return changetype<usize>(result); }
/** How many commands there are; below 0: a mistake, or too little text. */
export function parse(from: usize, count: i32): i32 {
  const parser = new Parser(textOf(from, count), 0);
  let commands = 0;
  while (parser.next()) commands++;
  return parser.error.length ? -1 : parser.incomplete ? -2 : commands;
}
`;

let guest: Guest;
beforeAll(async () => {
  guest = await loadGuest({ source: SOURCE, target: 'user' });
}, 60_000);

const bytes = (text: string): [number, number] => [guest.bytes(Buffer.from(text, 'latin1')), text.length];
const ofPieces = (random: Random, pieces: readonly string[], most: number): string =>
  Array.from({ length: 1 + random.below(most) }, () => pieces[random.below(pieces.length)]).join('');

test.skipIf(!haveOracles('bash'))('braces are expanded as by bash', () => {
  guest.call('setBash', 1);
  const random = new Random(testSeed());
  const pieces = ['{', '{', '}', '}', ',', ',', 'a', 'b', '..', '1', '3', '07', '-', '{1..3}', '{a..c}', '{x,y}'];
  // What bash makes of `{}` and `{..` within braces is an accident of how it looks for the end.
  const words = Array.from({ length: 1500 }, () => ofPieces(random, pieces, 9)).filter((word) => !/\{\}|\{\.\./.test(word));
  const script = words.map((word) => `echo @${word}`).join('\n');
  const theirs = spawnSync('bash', ['--norc', '-c', script], { encoding: 'latin1', cwd: '/' }).stdout.split('\n');
  for (const [index, word] of words.entries()) {
    const count = guest.call('braces', ...bytes(`@${word}`)) as number;
    const ours = Buffer.from(guest.memory.buffer, guest.call('place') as number, count).toString('latin1');
    expect(ours, word).toBe(theirs[index]);
  }
});

/** A line as the history has it when bash has read it behind `echo one two`; nothing: it was refused. */
function recalledByBash(line: string): string {
  const input = `echo one two\n${line}\n: end\nhistory\n`;
  const { stdout } = spawnSync('bash', ['--norc', '-i'], { input, encoding: 'latin1', env: { HISTFILE: '', PS1: '' } });
  const listed = [...stdout.matchAll(/^ +\d+ {2}(.*)$/gm)].map(([, text]) => text);
  return listed[1] === ': end' ? '' : listed[1];
}

describe.skipIf(!haveOracles('bash'))('recalls lines as bash does', () => {
  test.each([
    ...[
      'kill $!; :',
      `: \${!HOME*} b`,
      ': [!a]*',
      'echo "hi!"; :',
      ': it"\'"s !!',
      ": 'a!!' !!",
      ': "it\'s" !!',
      ': a ! b',
      'x=!',
      ': \\!!',
    ],
    ...[': !$', '!ec; !-1', ': a!; b', `: \${#!}`, ': "a!!"', ': a!b', '!1', '!?two?', ': $!!', ': !!x'],
  ])('%s', (line) => {
    const count = guest.call('recall', ...bytes(line)) as number;
    expect(Buffer.from(guest.memory.buffer, guest.call('place') as number, count).toString('latin1')).toBe(recalledByBash(line));
  });
});

test.each([false, true])('the parser ends whatever the text, bash: %s', (bash) => {
  guest.call('setBash', bash ? 1 : 0);
  const random = new Random(testSeed());
  const pieces = [
    ...['if ', 'then ', 'else ', 'elif ', 'fi', 'for ', 'in ', 'do ', 'done', 'while ', 'case ', 'esac', 'select ', 'function '],
    ...['{ ', '}', '(', ')', '((', '))', '[[ ', ' ]]', ' =~ ', ' == ', '&&', '||', ';', ';;', ';&', ';;&', '&', '|', '|&', '!'],
    ...['<', '>', '<<', '<<-', '<<<', '&>', '>&', '<(', '>(', '$(', '${', '$((', '`', '"', "'", "$'", '\\', '#', '\n', ' ', ' '],
    ...['a', 'b=', 'c=(', 'd[', ']', ']=', '1', '@(', '*', '$x', 'E\n', '\0', '\xff', 'time ', '/*', '*/'],
  ];
  for (let i = 0; i < 20_000; i++) {
    const text = ofPieces(random, pieces, 24);
    expect(guest.call('parse', ...bytes(text)), JSON.stringify(text)).toBeGreaterThanOrEqual(-2);
    guest.call('decode', ...bytes(text));
  }
});
