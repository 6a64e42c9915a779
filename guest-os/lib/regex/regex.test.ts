// SPDX-License-Identifier: MIT
/** Regular expressions against GNU sed: a fixed number of random ones, matches of random lines, and what is refused. */
import { spawnSync } from 'node:child_process';
import { beforeAll, expect, test } from 'vitest';
import { testSeed } from '../../../test/support/seed.ts';
import { type Guest, loadGuest } from '../../../toolchain/asc/hostWasm.ts';
import { Random } from '../../../toolchain/translate/fuzz/random.ts';

const SOURCE = `
import { compile, EXTENDED, Regex } from './guest-os/lib/regex/regex';
import { textOf } from './guest-os/lib/text';
let regex: Regex | null = null;
let text: string = '';
export function build(from: usize, count: i32, extended: bool): i32 {
  regex = compile(textOf(from, count), extended ? EXTENDED : 0);
  return regex ? regex!.groups : -1;
}
export function find(from: usize, count: i32, at: i32): i32 {
  text = textOf(from, count);
  return regex!.find(text, at) ? regex!.start : -1;
}
export function end(): i32 { return regex!.end; }
export function groupStart(index: i32): i32 { return regex!.groupStart(text, index); }
export function groupEnd(index: i32): i32 { return regex!.groupEnd(text, index); }
`;

/** Of each kind. */
const EXPRESSIONS = 400;
const seed = testSeed();
const hasSed = /GNU sed/.test(spawnSync('sed', ['--version'], { encoding: 'utf8' }).stdout ?? '');

let guest: Guest;
beforeAll(async () => {
  guest = await loadGuest({ source: SOURCE, target: 'user' });
}, 60_000);

const bytes = (text: string): [number, number] => [guest.bytes(Buffer.from(text, 'latin1')), text.length];
const build = (source: string, extended: boolean): number => guest.call('build', ...bytes(source), extended ? 1 : 0) as number;

/** `<match>|group 1|…#` in place of the first match, as sed makes it of `<&>|\1|…#`. */
function replaced(line: string, groups: number): string {
  const start = guest.call('find', ...bytes(line), 0) as number;
  if (start < 0) return line;
  const end = guest.call('end') as number;
  const parts = Array.from({ length: groups }, (_, index) => {
    const from = guest.call('groupStart', index + 1) as number;
    return `|${from < 0 ? '' : line.slice(from, guest.call('groupEnd', index + 1) as number)}`;
  });
  return `${line.slice(0, start)}<${line.slice(start, end)}>${parts.join('')}#${line.slice(end)}`;
}

/** Random expressions. Anchors stand at the ends only: GNU goes astray where they are repeated. */
class Expressions {
  groups = 0;
  constructor(
    private readonly random: Random,
    private readonly extended: boolean,
    private readonly choices: boolean,
  ) {}
  whole(): string {
    return (this.random.chance(6) ? '^' : '') + this.choice(0) + (this.random.chance(6) ? '$' : '');
  }
  private choice(depth: number): string {
    let text = this.sequence(depth);
    while (this.choices && this.random.chance(4)) text += (this.extended ? '|' : '\\|') + this.sequence(depth);
    return text;
  }
  private sequence(depth: number): string {
    const atoms = Array.from({ length: 1 + this.random.below(3) }, () => this.atom(depth));
    return atoms.join('');
  }
  private atom(depth: number): string {
    if (depth > 2 || this.random.below(10) < 7)
      return this.random.pick(['a', 'b', 'c', 'ab', '.', '[ab]', '[^a]', '[[:alpha:]]', '[a-c]', 'x']) + this.repeat();
    this.groups++;
    const inner = this.choice(depth + 1);
    // What a group holds after it was repeated differs even between systems.
    return (this.extended ? `(${inner})` : `\\(${inner}\\)`) + (this.choices ? this.repeat() : '');
  }
  private repeat(): string {
    const kind = this.random.below(8);
    if (kind > 3) return '';
    if (this.extended) return ['*', '+', '?', this.random.pick(['{2}', '{1,2}', '{,2}', '{2,}'])][kind];
    return ['*', '\\+', '\\?', this.random.pick(['\\{2\\}', '\\{1,2\\}', '\\{0,1\\}'])][kind];
  }
}

test.skipIf(!hasSed).each([true, false])(`matches are sed's (alternatives: %s; seed ${seed})`, { timeout: 60_000 }, (choices) => {
  const random = new Random(seed + (choices ? 1 : 0));
  for (let i = 0; i < EXPRESSIONS; i++) {
    const extended = random.chance(2);
    const expressions = new Expressions(random, extended, choices);
    const source = expressions.whole();
    // Which groups took part where there are alternatives is another matter (regex.ts).
    const groups = choices ? 0 : Math.min(expressions.groups, 9);
    const lines = Array.from({ length: 12 }, () =>
      Array.from({ length: random.below(9) }, () => random.pick([...'abcxab '])).join(''),
    );
    const replacement = `<&>${Array.from({ length: groups }, (_, index) => `|\\${index + 1}`).join('')}#`;
    const { stdout, status } = spawnSync('sed', [...(extended ? ['-E'] : []), `s\x01${source}\x01${replacement}\x01`], {
      input: `${lines.join('\n')}\n`,
      encoding: 'latin1',
      env: { ...process.env, LC_ALL: 'C' },
    });
    // Some expressions crash GNU's own matcher.
    if (status === null) continue;
    expect(status, source).toBe(0);
    expect(build(source, extended), source).toBe(expressions.groups);
    expect(
      lines.map((line) => replaced(line, groups)),
      source,
    ).toEqual(stdout.split('\n').slice(0, -1));
    if (i % 50 === 0) guest.collect();
  }
});

test.each(['\\(', '\\)', '[', '[[:no:]]', '\\{1\\}x\\', 'a\\{2,1\\}', 'a\\{1', '[b-a]', '\\1', 'a\\{99999\\}'])(
  '%s is refused',
  (source) => {
    expect(build(source, false)).toBe(-1);
  },
);

test(`any bytes are an expression or refused (seed ${seed})`, () => {
  const random = new Random(seed ^ 3);
  const pieces = [
    '(',
    ')',
    '\\(',
    '\\)',
    '[',
    ']',
    '{',
    '}',
    '\\{',
    '\\}',
    '*',
    '+',
    '?',
    '|',
    '^',
    '$',
    '.',
    '\\',
    '-',
    ':',
    'a',
    '1',
    ',',
    '[:',
    ':]',
    '\\1',
  ];
  for (let i = 0; i < 3000; i++) {
    const source = Array.from({ length: random.below(14) }, () => random.pick(pieces)).join('');
    if (build(source, random.chance(2)) >= 0) guest.call('find', ...bytes('aa1a:-(a)[b]'), 0);
    if (i % 100 === 0) guest.collect();
  }
});
