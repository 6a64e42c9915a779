// SPDX-License-Identifier: MIT
/** The kernel's stubs at work on QEMU: copies that fault, threads and the collector, probes. The entry stubs are tested with images. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Optimize } from '../asc/compile.ts';
import { buildProgram } from '../build/program.ts';

const KERNEL = `
import { ImageProbe, ImageSymbol, ImageTables } from 'layout/image';
import { KERNEL_BASE, KERNEL_STACKS, KERNEL_STACK_SLOT, WINDOW } from 'machine/addresses';
import { address, compareExchange64, exchange32, exchangeAdd32, exchangeAdd64, load64, store8, store32 } from 'machine/mem';
import { bootStackTop, copyUser, imageTables, probeEntry, probeReturn, switchTo, threadStart, touchUser } from 'machine/stubs';
import { cpuidEax, cpuidEbx, rdtsc } from 'machine/cpu';
import { heapCollections } from 'runtime/heap';
import { print } from 'runtime/console';
import { scanStack, setStackScanner } from 'runtime/port';
export { kernelStart } from 'runtime/boot';
export { trapHandler } from 'runtime/trap';

class Node { next: Node | null = null; constructor(public value: i32) {} }
function makeList(count: i32): Node {
  let head = new Node(0);
  for (let i = 1; i < count; i++) { const node = new Node(i); node.next = head; head = node; }
  return head;
}
function sum(head: Node): i32 {
  let total = 0;
  let node: Node | null = head;
  while (node) { total += node.value; node = node.next; }
  return total;
}
function say(name: string, value: i64): void { print(name + ' ' + value.toString() + '\\n'); }

// ---- copies
const buffer = memory.data(16, 8);
function copies(): void {
  store<u64>(buffer, 0x1122334455667788);
  say('good', copyUser(address(buffer) + 8, address(buffer), 8));
  say('copied', load<u64>(buffer + 8) == 0x1122334455667788 ? 1 : 0);
  say('unmapped', copyUser(address(buffer), 0x7000000000, 8));
  say('page 0', copyUser(address(buffer), 8, 8));
  say('read-only', copyUser(imageTables(), address(buffer), 8));
  say('touched', touchUser(address(buffer), 3 * 4096));
  say('touched none', touchUser(0x7000000000, 8));
  say('touched to a guard', touchUser(address(KERNEL_STACKS + KERNEL_STACK_SLOT - 100), 200));
}

// ---- a second thread, whose list only its stack knows
const TOP: usize = KERNEL_STACKS + 3 * KERNEL_STACK_SLOT;
const mainStack = memory.data(8, 8), otherStack = memory.data(8, 8);
let inOther = false;
export function threadMain(): void {
  const list = makeList(700);
  pass();
  say('other', sum(list));
  pass();
  unreachable();
}
function pass(): void { inOther = false; switchTo(address(otherStack), load<u64>(mainStack)); }
function resume(): void { inOther = true; switchTo(address(mainStack), load<u64>(otherStack)); inOther = false; }
function threads(): void {
  const start = TOP - 64;
  store<u64>(start, threadStart(), 40);
  store<u64>(otherStack, address(start));
  setStackScanner((sp) => {
    if (inOther) { scanStack(sp, WINDOW + TOP); scanStack(load<u64>(mainStack), bootStackTop()); }
    else { scanStack(sp, bootStackTop()); if (load<u64>(otherStack) != address(start)) scanStack(load<u64>(otherStack), WINDOW + TOP); }
  });
  const list = makeList(500);
  resume();
  for (let i = 0; i < 20; i++) { __collect(); makeList(2000); }
  say('main', sum(list));
  say('collections', heapCollections() >= 20 ? 20 : heapCollections());
  resume();
}

// ---- probes
let entries = 0, returns = 0;
let argument: u64 = 0, result: u64 = 0;
export function probeFired(site: u64, isReturn: u32, value: u64): void {
  if (isReturn) { returns++; result = value & 0xffffffff; } else { entries++; argument = value; }
}
function probed(x: i32): i32 { return x > 10 ? x * 2 : x ^ 5; }
const call: (x: i32) => i32 = probed;
function named(at: u64, name: string): bool {
  for (let i = 0; i < name.length; i++) if (<i32>load<u8>(<usize>(at - KERNEL_BASE) + i) != name.charCodeAt(i)) return false;
  return !load<u8>(<usize>(at - KERNEL_BASE) + name.length);
}
function patch(name: string, on: bool): i32 {
  const tables = changetype<ImageTables>(<usize>(imageTables() - KERNEL_BASE));
  let sites = 0;
  for (let i: u32 = 0; i < tables.probeCount; i++) {
    const probe = changetype<ImageProbe>(<usize>(tables.probes - KERNEL_BASE) + i * ImageProbe.SIZE);
    const symbol = changetype<ImageSymbol>(<usize>(tables.symbols - KERNEL_BASE) + probe.symbol * ImageSymbol.SIZE);
    if (!named(tables.names + symbol.name, name)) continue;
    const site = tables.text + probe.site;
    const target = probe.isReturn ? probeReturn() : probeEntry();
    // The text is read-only where it runs; the window's view of it is not.
    const alias = <usize>(site - KERNEL_BASE);
    store<u8>(alias, on ? 0xe8 : 0x0f);
    store<u32>(alias + 1, on ? <u32>(target - (site + 5)) : 0x0000441f);
    sites++;
  }
  return sites;
}
function probes(): void {
  call(1);
  say('sites', patch('source/probed', true) >= 2 ? 2 : 0);
  const first = call(20);
  call(3);
  patch('source/probed', false);
  call(4);
  say('entries', entries); say('returns', returns); say('argument', argument); say('result', result); say('intact', first);
}

// ---- atomics and identification
function atomics(): void {
  const at = address(buffer);
  store<u64>(buffer, 40);
  say('add', exchangeAdd32(at, 2)); say('added', load<u32>(buffer));
  say('exchange', exchange32(at, 7)); say('wide', exchangeAdd64(at, <u64>1 << 40));
  say('equal', compareExchange64(at, (<u64>1 << 40) + 7, 9)); say('unequal', compareExchange64(at, 8, 1)); say('left', load64(at));
  store8(at, 0xff); store32(at + 4, 1);
  say('bytes', load64(at));
  say('vendor', cpuidEbx(0, 0) == 0x68747541 || cpuidEbx(0, 0) == 0x756e6547 ? 1 : 0);
  say('leaves', cpuidEax(0, 0) > 0 ? 1 : 0);
  const before = rdtsc();
  say('later', rdtsc() > before ? 1 : 0);
}

export function kmain(): void { print('\\n'); copies(); threads(); probes(); atomics(); }
`;

function hasQemu(): boolean {
  return spawnSync('qemu-system-x86_64', ['--version']).status === 0;
}

// Without QEMU there is nobody to boot it.
describe.skipIf(!hasQemu()).each<Optimize>(['development', 'release'])('a kernel that uses its stubs (%s)', (optimize) => {
  let said: Record<string, string>;
  let output: string;
  beforeAll(async () => {
    const directory = mkdtempSync(join(tmpdir(), 'stubs-'));
    const overlay = new Map([['source.ts', KERNEL]]);
    const { image } = await buildProgram(
      { name: 'stubs', target: 'kernel', entry: 'source.ts' },
      { stamp: { name: 'test', time: 0 }, overlay, optimize },
    );
    writeFileSync(join(directory, 'unix'), image);
    const args = ['-accel', 'tcg', '-m', '128', '-kernel', 'unix', '-nographic', '-no-reboot', '-device', 'pvpanic'];
    output = spawnSync('qemu-system-x86_64', args, { cwd: directory, timeout: 60_000, encoding: 'utf8' }).stdout.replaceAll(
      '\r',
      '',
    );
    said = Object.fromEntries(output.split('\n').map((line) => /^(.+) (-?\d+)$/.exec(line)?.slice(1) ?? ['', '']));
    rmSync(directory, { recursive: true });
  }, 180_000);

  test('copies give 0, or -EFAULT where either side faults', () => {
    expect(output).not.toContain('panic');
    expect([said.good, said.copied, said.unmapped, said['page 0'], said['read-only']]).toEqual(['0', '1', '-14', '-14', '-14']);
  });

  test('a range is touched up to the first page that is not there', () => {
    expect([said.touched, said['touched none'], said['touched to a guard']]).toEqual(['12288', '0', '100']);
  });

  test('lists that only the stacks of two threads refer to survive collections', () => {
    expect([said.main, said.other, said.collections]).toEqual([String((499 * 500) / 2), String((699 * 700) / 2), '20']);
  });

  test('probes fire at entry and return, see argument and result, and disturb nothing', () => {
    expect([said.sites, said.entries, said.returns]).toEqual(['2', '2', '2']);
    // The last of the two probed calls was probed(3).
    expect([said.argument, said.result, said.intact]).toEqual(['3', '6', '40']);
  });

  test('atomics and identification do what the manuals say', () => {
    expect([said.add, said.added, said.exchange, said.wide]).toEqual(['40', '42', '42', '7']);
    expect([said.equal, said.unequal, said.left, said.bytes]).toEqual([String(2 ** 40 + 7), '9', '9', String(2 ** 32 + 0xff)]);
    expect([said.vendor, said.leaves, said.later]).toEqual(['1', '1', '1']);
  });
});
