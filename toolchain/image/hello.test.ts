// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Optimize } from '../asc/compile.ts';
import { projectRoot } from '../asc/root.ts';
import { buildProgram } from '../build/program.ts';

const stamp = { name: 'test', time: 0 };
/** A list of a million nodes that only the stack, or a register, refers to, through collections among garbage. */
const LIST = `
import { print } from 'runtime/console';
import { heapCollections } from 'runtime/heap';
class Node { next: Node | null = null; constructor(public value: i32) {} }
function build(count: i32): Node {
  let head = new Node(0);
  for (let i = 1; i < count; i++) { const node = new Node(i); node.next = head; head = node; }
  return head;
}
function sum(head: Node): i64 {
  let total: i64 = 0;
  let node: Node | null = head;
  while (node) { total += node.value; node = node.next; }
  return total;
}
export function main(): i32 {
  const head = build(1000000);
  for (let i = 0; i < 3; i++) { __collect(); for (let k = 0; k < 100000; k++) new Node(k); }
  print('sum ' + sum(head).toString() + ', collections ' + (heapCollections() > 5 ? 'several' : 'few'));
  return 0;
}
`;
const SIX = `
import { call, call6 } from 'machine/sys';
const text = memory.data<u8>([0x73, 0x69, 0x78, 0x0a]);
export function main(): i32 {
  let sum: i64 = 0;
  for (let i: u64 = 0; i < 4; i++) sum += call6(4, 1, text + <usize>i, 1, i, i + 1, i + 2);
  return <i32>(sum * 10 - call(4, 1, 0x7000000000, 8) - call(4, 1, 0xffffffff80101000, 8) - call(1000, 0, 0, 0));
}
`;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hello-'));
  const kernel = await buildProgram({ name: 'kernel', target: 'kernel', entry: 'guest-os/hello/kernel.ts' }, { stamp });
  writeFileSync(join(directory, 'unix'), kernel.image);
  await program('hello', 'guest-os/cmd/hello.ts');
  await program('list', 'guest-os/hello/list.ts', new Map([['guest-os/hello/list.ts', LIST]]));
  await program('list-release', 'guest-os/hello/list.ts', new Map([['guest-os/hello/list.ts', LIST]]), 'release');
  await program('six', 'guest-os/hello/six.ts', new Map([['guest-os/hello/six.ts', SIX]]));
  for (const word of ['null', 'stack', 'range', 'unreachable']) {
    const text = `import { provoke } from './faults';\nexport function main(): i32 {\n  return provoke('${word}');\n}\n`;
    await program(word, 'guest-os/hello/failing.ts', new Map([['guest-os/hello/failing.ts', text]]));
  }
}, 120_000);
afterAll(() => rmSync(directory, { recursive: true }));

async function program(name: string, entry: string, overlay?: ReadonlyMap<string, string>, optimize?: Optimize): Promise<void> {
  const { image } = await buildProgram({ name, target: 'user', entry }, { stamp, overlay, optimize });
  writeFileSync(join(directory, name), image);
}

function hasQemu(): boolean {
  return spawnSync('qemu-system-x86_64', ['--version']).status === 0;
}

/** What the kernel prints, booted by PVH with `append`. */
function boot(append: string, ...more: string[]): string {
  const args = [
    '-accel',
    'tcg',
    '-m',
    '128',
    '-kernel',
    'unix',
    '-append',
    append,
    '-nographic',
    '-no-reboot',
    '-device',
    'pvpanic',
  ];
  const { stdout } = spawnSync('qemu-system-x86_64', [...args, ...more], { cwd: directory, timeout: 20_000, encoding: 'utf8' });
  return stdout.slice(Math.max(0, stdout.indexOf('Hello'))).replaceAll('\r', '');
}

// Without QEMU there is nobody to boot it.
describe.skipIf(!hasQemu())('the hello kernel on QEMU', () => {
  test('boots, takes interrupts, runs a program and powers off', () => {
    expect(boot('some words', '-initrd', 'hello')).toBe(
      [
        'Hello from the kernel, booted with "some words".',
        'Ten timer interrupts came.',
        'Hello from process 1.',
        'The program ended with status 42.',
        '',
      ].join('\n'),
    );
  });

  /** Line of faults.ts that has these words. */
  const lineOf = (words: string): number => {
    const lines = readFileSync(join(projectRoot(), 'guest-os/hello/faults.ts'), 'utf8').split('\n');
    return lines.findIndex((line) => line.includes(words)) + 1;
  };
  const mistakes: [word: string, reason: RegExp, frame: RegExp][] = [
    ['null', /null dereference, address 0x/, frameAt('provoke', lineOf("'null'"))],
    ['stack', /stack overflow, address 0x/, frameAt('recurse', lineOf('recurse(depth + 1)'))],
    ['range', /Index out of range \(~lib\/array.ts:\d+\)/, frameAt('provoke', lineOf("'range'"))],
    ['unreachable', /unreachable/, frameAt('provoke', lineOf("'unreachable'"))],
  ];
  function frameAt(name: string, line: number): RegExp {
    return new RegExp(`at 0x[0-9a-f]+ guest-os/hello/faults/${name}\\+0x[0-9a-f]+ \\(guest-os/hello/faults\\.ts:${line}\\)`);
  }

  test.each(mistakes)('%s in the kernel is a panic that names the place', (word, reason, frame) => {
    const output = boot(word);
    expect(output).toMatch(new RegExp(`panic: ${reason.source}`));
    expect(output).toMatch(frame);
    expect(output).toMatch(/at 0x[0-9a-f]+ guest-os\/hello\/kernel\/kmain\+0x[0-9a-f]+ \(guest-os\/hello\/kernel.ts:\d+\)|…/);
    expect(output).not.toContain('Hello from process');
  });

  test.each(mistakes)('%s in a program ends it, names the place, and the kernel goes on', (word, reason, frame) => {
    const output = boot('', '-initrd', word);
    expect(output).toMatch(reason);
    expect(output).toMatch(frame);
    expect(output).not.toContain('panic');
    expect(output).toContain('The program ended with status 139.');
  });

  test.each(['list', 'list-release'])('a million-node list on the stack survives collection (%s)', (image) => {
    const output = boot('', '-initrd', image);
    expect(output).toContain(`sum ${(999_999 * 1_000_000) / 2}, collections several`);
    expect(output).toContain('status 0');
  });

  test('system calls of six arguments; bad addresses are EFAULT, unknown numbers ENOSYS', () => {
    const output = boot('', '-initrd', 'six');
    expect(output).toContain('six\n');
    expect(output).toContain(`status ${4 * 10 + 14 + 14 + 89}.`);
  });

  test('GRUB boots it by Multiboot2', () => {
    if (spawnSync('grub-mkrescue', ['--version']).status !== 0) return;
    const tree = join(directory, 'iso/boot/grub');
    mkdirSync(tree, { recursive: true });
    for (const file of ['unix', 'hello']) copyFileSync(join(directory, file), join(directory, 'iso/boot', file));
    const entry = 'menuentry hello {\n multiboot2 /boot/unix some words\n module2 /boot/hello\n boot\n}\n';
    writeFileSync(join(tree, 'grub.cfg'), `set timeout=0\nserial --unit=0\nterminal_output serial\n${entry}`);
    expect(spawnSync('grub-mkrescue', ['-o', 'hello.iso', 'iso'], { cwd: directory }).status).toBe(0);
    const args = ['-accel', 'tcg', '-m', '128', '-cdrom', 'hello.iso', '-nographic', '-no-reboot'];
    const { stdout } = spawnSync('qemu-system-x86_64', args, { cwd: directory, timeout: 50_000, encoding: 'utf8' });
    expect(stdout).toContain('Hello from the kernel, booted with "some words".');
    expect(stdout).toContain('The program ended with status 42.');
  });
});
