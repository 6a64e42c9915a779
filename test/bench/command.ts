// SPDX-License-Identifier: MIT
/**
 * @fileoverview `./diorama bench`: the same programs natively, under QEMU's TCG, under v86 (32-bit only) and here, in one run.
 *
 * Every kernel is run by all subjects in turn, several rounds; medians count. Ratios of one run are comparable, times of different runs
 * are not: hosts are shared and noisy.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { haveOracles } from '../../tools/oracles.js';
import { startChromium } from './chromium.ts';
import { type Images, makeImages, startNative, startOurs, startQemu, startV86 } from './machines.ts';
import { ALL_KERNELS, type Architecture, COMPUTE, FURTHER, KERNEL_WORK, type KernelName } from './payload.ts';
import type { Subject } from './subject.ts';
import { alignColumns, formatRows, geometricMean, meanRatio, median, type Row } from './table.ts';

const USAGE = `usage: ./diorama bench [--only NAME,…] [--arch amd64,i386] [--rounds N] [--without qemu,v86,native,ours] [--browser] [--json FILE]
  names: ${ALL_KERNELS.join(' ')}
       ./diorama bench translator | page | library | zfs [--quick]`;

type Library = Parameters<typeof startOurs>[1];

interface Options {
  kernels: KernelName[];
  architectures: Architecture[];
  rounds: number;
  without: string[];
  /** Ours in Chromium too. */
  browser: boolean;
  json: string | undefined;
}

interface Comparison {
  architecture: Architecture;
  subjects: string[];
  /** Milliseconds from start to the program's first line. */
  boot: Record<string, number>;
  rows: Row[];
}

export async function command(words: readonly string[], library: Library): Promise<number> {
  if (words[0] === '--help' || words[0] === '-h') {
    console.log(USAGE);
    return 0;
  }
  if (words.length === 1 && words[0] === 'translator') return await compareTranslator();
  if (words[0] === 'zfs') {
    const { benchZfs } = await import('./zfs.ts');
    await benchZfs(library, words.includes('--quick'), console.log);
    return 0;
  }
  let options: Options;
  try {
    options = parse(words);
  } catch (error) {
    console.error(`diorama: ${error instanceof Error ? error.message : error}\n${USAGE}`);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'diorama-bench-'));
  try {
    const comparisons: Comparison[] = [];
    for (const architecture of options.architectures) {
      const images = makeImages(architecture, join(folder, architecture));
      if (!images) continue;
      const comparison = await compare(images, options, library);
      comparisons.push(comparison);
      console.log(describe(comparison));
      if (options.json) writeFileSync(options.json, `${JSON.stringify(comparisons, undefined, 2)}\n`);
    }
    return comparisons.length > 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Guest code as our translator and as gcc -O2 compile it, both on the host. */
async function compareTranslator(): Promise<number> {
  const { kernels, measure } = await import('../../toolchain/bench/bench.ts');
  if (!haveOracles('gcc')) return 1;
  const milliseconds = (ns: number) => (ns / 1e6).toFixed(2);
  const lines: string[][] = [['', 'translated ms', 'gcc -O2 ms', 'ratio']];
  const ratios: number[] = [];
  for (const kernel of kernels) {
    const { ratio, translatedNs, gccNs } = await measure(kernel, { rounds: 40, quiet: 6 });
    lines.push([kernel, milliseconds(translatedNs), milliseconds(gccNs), ratio.toFixed(2)]);
    ratios.push(ratio);
  }
  console.log(`${alignColumns(lines)}\ngeometric mean ${geometricMean(ratios).toFixed(2)}`);
  return 0;
}

function parse(words: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...words],
    options: {
      only: { type: 'string' },
      arch: { type: 'string', default: 'amd64,i386' },
      rounds: { type: 'string', default: '3' },
      without: { type: 'string', default: '' },
      browser: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  });
  const list = <T extends string>(text: string, known: readonly T[]): T[] =>
    text.split(',').map((name) => {
      if (!known.includes(name as T)) throw new Error(`${name} is none of ${known.join(', ')}`);
      return name as T;
    });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds takes a positive number, not ${values.rounds}`);
  return {
    kernels: values.only === undefined ? [...ALL_KERNELS] : list(values.only, ALL_KERNELS),
    architectures: list(values.arch, ['amd64', 'i386']),
    rounds,
    without: values.without === '' ? [] : list(values.without, ['qemu', 'v86', 'native', 'ours']),
    browser: values.browser,
    json: values.json,
  };
}

async function compare(images: Images, { kernels, rounds, without, browser }: Options, library: Library): Promise<Comparison> {
  const subjects: Subject[] = [];
  const add = async (name: string, start: () => Promise<Subject> | undefined) => {
    if (without.includes(name)) return;
    process.stderr.write(`${images.architecture}: starting ${name}\n`);
    const subject = await start();
    if (subject) subjects.push(subject);
  };
  try {
    await add('native', () => startNative(images));
    await add('qemu', () => startQemu(images));
    if (images.architecture === 'i386') await add('v86', () => startV86(images));
    await add('ours', () => startOurs(images, library));
    if (browser) await add('chromium', () => startChromium(images));
    const rows: Row[] = [];
    for (const kernel of kernels) rows.push(await measure(subjects, kernel, rounds));
    return {
      architecture: images.architecture,
      subjects: subjects.map(({ name }) => name),
      boot: Object.fromEntries(subjects.map(({ name, bootMilliseconds }) => [name, Math.round(bootMilliseconds)])),
      rows,
    };
  } finally {
    for (const subject of subjects) subject.close();
  }
}

async function measure(subjects: readonly Subject[], kernel: KernelName, rounds: number): Promise<Row> {
  const times = new Map<string, number[]>(subjects.map(({ name }) => [name, []]));
  const checksums = new Map<string, string>();
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      process.stderr.write(`${kernel} round ${round + 1}: ${subject.name}\n`);
      const { milliseconds, checksum } = await subject.run(kernel);
      times.get(subject.name)!.push(milliseconds);
      checksums.set(subject.name, checksum);
    }
  }
  if (new Set(checksums.values()).size > 1) {
    throw new Error(`${kernel}: results differ: ${[...checksums].map((pair) => pair.join(' ')).join(', ')}`);
  }
  return { kernel, median: Object.fromEntries([...times].map(([name, values]) => [name, median(values)])) };
}

const OURS = ['Diorama', 'Diorama in Chromium'];

function describe({ architecture, subjects, boot, rows }: Comparison): string {
  const lines = [`\n${architecture}, in Debian 12:`, formatRows(subjects, rows)];
  const groups = { 'eight compute kernels': COMPUTE, 'further processor work': FURTHER, 'kernel work': KERNEL_WORK };
  for (const ours of OURS)
    for (const other of ['QEMU TCG', 'v86'])
      for (const [what, kernels] of Object.entries(groups)) {
        const ratio = meanRatio(rows, ours, other, kernels);
        if (ratio !== undefined)
          lines.push(`${ours} / ${other}, ${what}: ${ratio.toFixed(2)} (geometric mean of times; below 1 is faster)`);
      }
  const boots = subjects.filter((name) => name !== 'native').map((name) => `${name} ${(boot[name] / 1000).toFixed(1)} s`);
  lines.push(`from start to the program in the machine: ${boots.join(', ')}`);
  return lines.join('\n');
}
