// SPDX-License-Identifier: MIT
/** @fileoverview The commands of tools/conformance.js. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MOST_BYTES, MOST_MODULES } from '../../emulator/jit/tier.ts';
import { compareWithIced } from './decoder/iced.ts';
import { compareBlocks } from './hardware/blocks.ts';
import { caseOf } from './hardware/generate.ts';
import { hostProcessor, hostProcessorMissing } from './hardware/hostProcessor.ts';
import { Machine } from './hardware/machine.ts';
import { compareAgain, compareFresh, judge, recipes, record, recordedVectors } from './hardware/session.ts';
import { compareSpecialValues } from './hardware/specialValues.ts';
import { formatVector, parseRecipe } from './hardware/vectors.ts';
import { MODES, runRandomCode } from './robustness/randomCode.ts';
import { compareSequences } from './system/sequences/run.ts';
import { changeCode } from './tiers/changingCode.ts';
import { compareTiers } from './tiers/tiers.ts';

const STRINGS = 250_000;
const BLOCKS = 2000;
const SEQUENCES = 1500;
const TIER_INSTRUCTIONS = 60_000;
/** Half of the time each: long functions that get hot in the usual way, so that bytes are the bound; short ones, compiled at once. */
const CHANGING_CODE = [
  ['mixed', { functions: 32, length: 120, calls: 16_500 }],
  ['compiled', { functions: 4, length: 20, calls: 3 }],
] as const;
/** Native code of modules is freed with the objects that stand for it, which are small: left to itself the collector comes late. */
function collectGarbage(): void {
  setFlagsFromString('--expose_gc');
  (runInNewContext('gc') as () => void)();
}
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** Exit code. */
export async function command(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  const say = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  const seed = Number(rest[0] ?? Date.now() % 0x100000000);
  const until = Date.now() + Number(rest[1] ?? 60) * 1000;
  if (name === 'record') {
    const host = hostProcessor();
    for (const [file, count] of record(host, Number(rest[0] ?? 4), Number(rest[1] ?? 1))) say(`${file}: ${count} vectors`);
    host.close();
    return 0;
  }
  if (name === 'instructions') {
    const missing = hostProcessorMissing();
    if (missing) throw new Error(missing);
    const host = hostProcessor();
    const machine = new Machine();
    let count = 0;
    let wrong = 0;
    for (let s = seed; Date.now() < until; s++) {
      const made = recipes(1, s);
      count += made.length;
      for (const line of compareFresh(host, machine, made)) {
        say(`seed ${s}: ${line}`);
        wrong++;
      }
    }
    host.close();
    say(`${count} instructions from seed ${seed}, ${wrong} different`);
    return wrong ? 1 : 0;
  }
  if (name === 'again') {
    const host = hostProcessor();
    const vectors = recordedVectors();
    const wrong = compareAgain(host, new Machine(), vectors);
    host.close();
    for (const line of wrong) say(line);
    say(`${vectors.length} vectors on ${host.name}, ${wrong.length} different`);
    return wrong.length ? 1 : 0;
  }
  if (name === 'case') {
    const host = hostProcessor();
    const recipe = parseRecipe(rest.join(' '));
    const c = caseOf(recipe);
    const [there] = host.run([c]);
    host.close();
    for (const outcome of [there, new Machine().run(c)]) say(formatVector({ recipe, outcome }));
    const lines = judge(recipe, there, new Machine());
    for (const line of lines) say(line);
    return lines.length ? 1 : 0;
  }
  if (name === 'tiers') {
    let instructions = 0;
    let compiled = 0;
    let wrong = 0;
    for (let s = seed; Date.now() < until; s++) {
      for (const mode of MODES) {
        const report = compareTiers(mode, s, TIER_INSTRUCTIONS, (s - seed) % 4 === 3 ? 'ordered' : 'compiled');
        collectGarbage();
        instructions += report.instructions;
        compiled += report.compiled;
        if (report.difference) {
          say(report.difference);
          wrong++;
        }
      }
    }
    const cpu = (process.cpuUsage().user / 1e6).toFixed(0);
    const peak = mebibytes(process.resourceUsage().maxRSS * 1024);
    const cost = `${cpu} s of processor time, ${peak} at most`;
    say(`${instructions} instructions from seed ${seed}, ${compiled} of them compiled, ${wrong} runs different; ${cost}`);
    return wrong ? 1 : 0;
  }
  if (name === 'blocks') {
    const host = hostProcessor();
    const machine = new Machine();
    let count = 0;
    let complete = 0;
    let wrong = 0;
    for (let s = seed; Date.now() < until; s += BLOCKS) {
      const report = compareBlocks(host, machine, s, BLOCKS);
      count += report.blocks;
      complete += report.complete;
      wrong += report.differences.length;
      for (const line of report.differences) say(line);
    }
    host.close();
    say(`${count} blocks from seed ${seed}, ${complete} of them to their end, ${wrong} different`);
    return wrong ? 1 : 0;
  }
  if (name === 'sequences') {
    let [count, exceptions, departed, wild, wrong] = [0, 0, 0, 0, 0];
    for (let s = seed; Date.now() < until; s += SEQUENCES) {
      const report = compareSequences(s, SEQUENCES);
      count += report.sequences;
      exceptions += report.exceptions;
      departed += report.departed;
      wild += report.wild;
      wrong += report.differences.length;
      for (const line of report.differences) say(line);
    }
    say(`${count} sequences from seed ${seed}, ${exceptions} exceptions and interrupts, ${wrong} different`);
    say(`${departed} compared as far as a departure of QEMU, ${wild} not at all since they do not end`);
    return wrong ? 1 : 0;
  }
  if (name === 'special') {
    const host = hostProcessor();
    const report = compareSpecialValues(host, new Machine(), seed, 1);
    host.close();
    for (const line of report.differences) say(line);
    say(`${report.cases} instructions on special values, ${report.differences.length} different`);
    return report.differences.length ? 1 : 0;
  }
  if (name === 'decoder') {
    let count = 0;
    let wrong = 0;
    const absent = new Map<string, number>();
    // A million at least.
    for (let s = seed; count < 1_000_000 || Date.now() < until; s++) {
      const report = compareWithIced(s, STRINGS);
      count += STRINGS;
      wrong += report.differences.length;
      for (const line of report.differences) say(`seed ${s}: ${line}`);
      for (const [features, n] of report.absent) absent.set(features, (absent.get(features) ?? 0) + n);
    }
    say(`${count} strings in three code sizes from seed ${seed}, ${wrong} different`);
    say(`not in this machine: ${[...absent].map(([features, n]) => `${features} ${n}`).join(', ')}`);
    return wrong ? 1 : 0;
  }
  if (name === 'robustness') {
    for (let s = seed; Date.now() < until; s++)
      for (const mode of MODES) {
        const made = runRandomCode(mode, s, 1_000_000);
        say(`seed ${s}, ${mode}: ${made.instructions} instructions, ${made.restarts} restarts`);
      }
    return 0;
  }
  if (name === 'memory') {
    let exceeded = 0;
    const half = (until - Date.now()) / 2;
    for (const [tiering, shape] of CHANGING_CODE) {
      const started = Date.now();
      let said = 0;
      const { rounds, made, mostModules, mostBytes } = changeCode(shape, tiering, (h) => {
        const seconds = (Date.now() - started) / 1000;
        if (seconds - said >= 10) {
          said = seconds;
          const rss = mebibytes(process.memoryUsage().rss);
          say(
            `${tiering}, ${seconds.toFixed(0)} s: ${h.made} modules made, ${h.modules} held, ${mebibytes(h.bytes)}; process ${rss}`,
          );
        }
        return Date.now() - started > half;
      });
      say(`${tiering}: ${rounds} rounds, ${made} modules made; at most ${mostModules} held, ${mebibytes(mostBytes)}`);
      if (mostModules > MOST_MODULES || mostBytes > MOST_BYTES) exceeded++;
    }
    say(`bound: ${MOST_MODULES} modules, ${mebibytes(MOST_BYTES)}, ${exceeded ? 'exceeded' : 'kept'}`);
    return exceeded ? 1 : 0;
  }
  say('commands: record, again, instructions, case, blocks, sequences, special, decoder, robustness, tiers, memory');
  return 2;
}
