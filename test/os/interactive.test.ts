// SPDX-License-Identifier: MIT
/**
 * Programs that have the screen to themselves, at 80 columns and 24 rows, as somebody at the serial console sees them: keys are typed, the machine runs
 * for a while of its own time, and the screen is read. The same keys give the same screens.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Machine } from '../../emulator/host/library.ts';
import { buildImage, type Image } from './session.ts';

const MILLISECOND = 1_000_000;
/** Time in which a program has drawn what it is to draw. */
const SETTLED = 400 * MILLISECOND;
const ESC = '\x1b';

let image: Image;
let booted: Machine;
beforeAll(async () => {
  image = await buildImage();
  booted = Machine.boot({ kernel: image.kernel, initrd: image.archive, append: 'console=ttya', memory: 256 * 2 ** 20 });
  await booted.console.expect(/login: $/);
  booted.console.send('root');
  await booted.console.expect(/\]# $/);
}, 400_000);
afterAll(() => {
  booted?.close();
  image?.remove();
});

/** A machine at the prompt, with a command typed. */
class Terminal {
  readonly machine = booted.fork();
  constructor(command: string) {
    this.machine.console.send(`clear; ${command}`);
    this.wait();
  }
  wait(nanoseconds = SETTLED): this {
    this.machine.runFor(nanoseconds);
    return this;
  }
  type(...keys: string[]): this {
    for (const key of keys) {
      this.machine.console.type(key);
      this.wait();
    }
    return this;
  }
  get rows(): string[] {
    const rows = this.machine.console.screen.split('\n');
    return Array.from({ length: 24 }, (_, row) => rows[row] ?? '');
  }
  get last(): string {
    return this.rows[23];
  }
  get isAtPrompt(): boolean {
    return this.rows.some((row) => row.includes(']#'));
  }
  /** What a command prints now, at the prompt. */
  async ask(command: string): Promise<string> {
    this.machine.console.send(`set +o emacs; echo "@""@"; ${command}; echo "@""@"; set -o emacs`);
    const [, text] = await this.machine.console.expect(/@@\r\n([^@]*)@@\r$/);
    return text.replaceAll('\r', '');
  }
}

const LINES = 'seq 1 100 > /tmp/n';
const TEXT = 'printf "one two three\\nfour five\\n\\nsix (a [b] c) seven\\nend\\n" > /tmp/t';

test('less shows pages, searches and says where it is', { timeout: 120_000 }, () => {
  const less = new Terminal(`${LINES}; less /tmp/n`);
  expect(less.rows.slice(0, 23)).toEqual(Array.from({ length: 23 }, (_, i) => String(i + 1)));
  expect(less.type(' ').rows[0]).toBe('24');
  expect(less.type('b').rows[0]).toBe('1');
  expect(less.type('j', 'j').rows[0]).toBe('3');
  expect(less.type('G').rows[22]).toBe('100');
  expect(less.type('g').rows[0]).toBe('1');
  expect(less.type('/5[05]$\r').rows[0]).toBe('50');
  expect(less.type('n').rows[0]).toBe('55');
  expect(less.type('?^2\r').rows[0]).toBe('29');
  expect(less.type('=').last).toContain('/tmp/n');
  expect(less.type('q').isAtPrompt).toBe(true);
});

test('prstat fills the screen and ends with q', { timeout: 120_000 }, () => {
  const prstat = new Terminal('prstat 1');
  expect(prstat.rows[0]).toBe('   PID USERNAME  SIZE   RSS STATE   PRI NICE      TIME  CPU PROCESS/NLWP');
  expect(prstat.rows.some((row) => /^ +1 root .* init\/1$/.test(row))).toBe(true);
  expect(prstat.wait(2000 * MILLISECOND).rows.filter((row) => row.startsWith('Total: '))).toHaveLength(1);
  expect(prstat.type('q').rows).toContain('[root@diorama ~]#');
});

test('vi inserts, moves and writes', { timeout: 120_000 }, async () => {
  const vi = new Terminal('vi /tmp/new');
  expect(vi.rows).toEqual(['', ...Array(22).fill('~'), '"/tmp/new" [New file]']);
  vi.type('ihello\rworld', ESC);
  expect(vi.rows.slice(0, 3)).toEqual(['hello', 'world', '~']);
  vi.type('Othe ', ESC, 'G', 'A!', ESC, 'ggyyGp', '~', ':w\r');
  expect(vi.last).toBe('"/tmp/new" 4 lines, 24 characters');
  expect(vi.type('ZZ').isAtPrompt).toBe(true);
  expect(await vi.ask('cat /tmp/new')).toBe('hello\nthe \nworld!\nHello\n');
});

/** Keys, and what is then in the file that TEXT makes. */
const EDITS: readonly (readonly [keys: string, text: string])[] = [
  ['x', 'ne two three\nfour five\n\nsix (a [b] c) seven\nend\n'],
  ['3x.', 'o three\nfour five\n\nsix (a [b] c) seven\nend\n'],
  ['dw', 'two three\nfour five\n\nsix (a [b] c) seven\nend\n'],
  ['2dw', 'three\nfour five\n\nsix (a [b] c) seven\nend\n'],
  ['wcwTWO\x1b', 'one TWO three\nfour five\n\nsix (a [b] c) seven\nend\n'],
  ['jD', 'one two three\n\n\nsix (a [b] c) seven\nend\n'],
  ['dd', 'four five\n\nsix (a [b] c) seven\nend\n'],
  ['2ddGp', '\nsix (a [b] c) seven\nend\none two three\nfour five\n'],
  ['ddu', 'one two three\nfour five\n\nsix (a [b] c) seven\nend\n'],
  ['ddju\x12', 'four five\n\nsix (a [b] c) seven\nend\n'],
  ['J', 'one two three four five\n\nsix (a [b] c) seven\nend\n'],
  ['4G5|d%', 'one two three\nfour five\n\nsix  seven\nend\n'],
  ['ftd$', 'one \nfour five\n\nsix (a [b] c) seven\nend\n'],
  ['$dFw', 'one te\nfour five\n\nsix (a [b] c) seven\nend\n'],
  ['ccnew\x1b', 'new\nfour five\n\nsix (a [b] c) seven\nend\n'],
  ['rX2~', 'xNe two three\nfour five\n\nsix (a [b] c) seven\nend\n'],
  ['iab\x7fc \x1b', 'ac one two three\nfour five\n\nsix (a [b] c) seven\nend\n'],
  ['ojoined\x1b', 'one two three\njoined\nfour five\n\nsix (a [b] c) seven\nend\n'],
  ['3ix\x1b', 'xxxone two three\nfour five\n\nsix (a [b] c) seven\nend\n'],
  ['RONE\x1b', 'ONE two three\nfour five\n\nsix (a [b] c) seven\nend\n'],
  ['ywP', 'one one two three\nfour five\n\nsix (a [b] c) seven\nend\n'],
  ['"ayyj"ap', 'one two three\nfour five\none two three\n\nsix (a [b] c) seven\nend\n'],
  ['>>', '\tone two three\nfour five\n\nsix (a [b] c) seven\nend\n'],
  ['d}', '\nsix (a [b] c) seven\nend\n'],
  ['dG', ''],
  ["majjd'a", 'six (a [b] c) seven\nend\n'],
  ['/five\rx', 'one two three\nfour ive\n\nsix (a [b] c) seven\nend\n'],
  ['d/five\r', 'five\n\nsix (a [b] c) seven\nend\n'],
  ['$d?two\rn.', 'one e\nfour five\n\nsix (a [b] c) seven\nend\n'],
  ['$be~', 'one two threE\nfour five\n\nsix (a [b] c) seven\nend\n'],
  [':%s/e/E/g\r', 'onE two thrEE\nfour fivE\n\nsix (a [b] c) sEvEn\nEnd\n'],
  [':s/\\(one\\) \\(two\\)/\\2 \\1/\r', 'two one three\nfour five\n\nsix (a [b] c) seven\nend\n'],
  [':g/o/d\r', '\nsix (a [b] c) seven\nend\n'],
  [':v/o/d\r', 'one two three\nfour five\n'],
  [':1,2m$\r', '\nsix (a [b] c) seven\nend\none two three\nfour five\n'],
  [':1t.\r', 'one two three\none two three\nfour five\n\nsix (a [b] c) seven\nend\n'],
  [':2,4d\ru', 'one two three\nfour five\n\nsix (a [b] c) seven\nend\n'],
  [':$r !echo read\r', 'one two three\nfour five\n\nsix (a [b] c) seven\nend\nread\n'],
  [':2,4j\r', 'one two three\nfour five six (a [b] c) seven\nend\n'],
];

test('vi edits as POSIX says', { timeout: 300_000 }, async () => {
  const vi = new Terminal(':');
  for (const [keys, text] of EDITS) {
    vi.machine.console.send(`${TEXT}; vi /tmp/t`);
    // An escape is one if nothing comes with it: time passes behind each.
    const parts = keys.split(ESC);
    for (const [index, part] of parts.entries()) vi.wait().type(index < parts.length - 1 ? part + ESC : part);
    vi.type(':wq\r');
    expect(await vi.ask('cat /tmp/t'), JSON.stringify(keys)).toBe(text);
  }
});

test('vi scrolls, wraps long lines and refuses to lose changes', { timeout: 120_000 }, () => {
  const vi = new Terminal(`${LINES}; vi /tmp/n`);
  expect(vi.rows[22]).toBe('23');
  expect(vi.type('G').rows[22]).toBe('100');
  expect(vi.type('\x02').rows[22]).not.toBe('100');
  expect(vi.type('50G').rows.includes('50')).toBe(true);
  expect(vi.type('dd', ':q\r').last).toContain('No write since last change');
  expect(vi.type(':set number\r').rows.some((row) => row === '    50  51')).toBe(true);
  expect(vi.type(':q!\r').isAtPrompt).toBe(true);
  const long = new Terminal('printf "%0200d\\nshort\\n" 7 > /tmp/l; vi /tmp/l');
  expect(long.rows.slice(0, 4)).toEqual(['0'.repeat(80), '0'.repeat(80), `${'0'.repeat(39)}7`, 'short']);
  expect(long.type(':q\r').isAtPrompt).toBe(true);
});

test('the shell edits lines that are longer than the screen, completes and searches', { timeout: 120_000 }, async () => {
  const shell = new Terminal(':');
  shell.type('echo first\r', 'ech', '\t', 'x\x17second', '\x01', '\x05', '\r');
  expect(shell.rows.some((row) => row === 'second')).toBe(true);
  shell.type('\x10\x10', '\r');
  expect(shell.rows.filter((row) => row === 'first')).toHaveLength(2);
  shell.type(`echo ${'a'.repeat(100)}`, '\x01', '\x0b', 'echo \x19', '\r');
  expect(shell.rows.join('')).toContain(`echo ${'a'.repeat(100)}`);
  shell.type('\x12sec', '\r');
  expect(shell.rows.filter((row) => row === 'second').length).toBeGreaterThanOrEqual(2);
  shell.type('ls /etc/pass\t', '\r');
  expect(shell.rows.some((row) => row === '/etc/passwd')).toBe(true);
  shell.type('sleep 1000\r', '\x03', 'echo $?\r');
  expect(shell.rows.some((row) => row === '130')).toBe(true);
  shell.type('echo old; fc -s old=new\r'.replace('; ', '\r'));
  expect(shell.rows.some((row) => row === 'new')).toBe(true);
  shell.type('sleep 1000\r', '\x1a', 'jobs\r');
  expect(shell.rows.some((row) => /^\[1\]\+ {2}Stopped +sleep 1000$/.test(row))).toBe(true);
});

test('help names what there is, in some twenty lines, and finds what has to do with a word', async () => {
  const terminal = new Terminal('true');
  const names = (await terminal.ask('help')).split(/\s+/);
  for (const name of ['zpool', 'vmadm', 'svcs', 'ls', 'cd']) expect(names).toContain(name);
  expect(Number(await terminal.ask('help | wc -l'))).toBeLessThan(40);
  expect(await terminal.ask('help svcs; help cd; help checksums; help nosuchthing; echo $?')).toMatch(
    /^svcs\(1\) - [^\n]*\ncd - a command of the shell itself: man bash\n-bash: help: no help topics match `checksums'\n-bash: help: no help topics match `nosuchthing'\n1\n$/,
  );
  expect(await terminal.ask('help image')).toMatch(/^imgadm\(8\) - /);
});
