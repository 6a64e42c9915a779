// SPDX-License-Identifier: MIT
/**
 * Commands against Debian's of the same name: each case of test/os/commands/*.txt is a script that runs on the host and in our system, on our machine and on QEMU, where its
 * output and exit status must be the same. What they say on standard error differs and is not compared.
 *
 * A line `## NAME` begins a case. Where illumos differs from GNU, `## NAME | as MANUAL PAGE says` is followed by the script, a line `----` and
 * what illumos prints instead; nothing is compared with the host then.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../../toolchain/asc/root.ts';
import { build } from '../../toolchain/build/main.ts';
import { haveOracles } from '../../tools/oracles.js';
import { inGuest, type Machine, type Outcome, onHost } from '../support/guestScript.ts';

interface Case {
  readonly name: string;
  readonly script: string;
  /** Where illumos differs: output and the page that says so. */
  readonly illumos?: { readonly output: string; readonly page: string };
}

const folder = join(projectRoot(), 'test/os/commands');
/** DIORAMA_COMMANDS narrows the run to files whose name contains it. */
const filter = process.env.DIORAMA_COMMANDS ?? '';

function readCases(file: string): Case[] {
  const text = readFileSync(join(folder, file), 'latin1');
  return text
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const [title, ...lines] = part.split('\n');
      const [name, page] = title.split(' | as ');
      const [script, output] = lines.join('\n').split(/^----\n/m);
      if (page !== undefined && output === undefined) throw new Error(`${file}: ${title}: no ---- and output`);
      return page === undefined ? { name, script } : { name, script, illumos: { page, output: output.trimEnd() } };
    });
}

const suites = readdirSync(folder)
  .filter((file) => file.endsWith('.txt') && file.includes(filter))
  // Not every Debian has it.
  .filter((file) => file !== 'patch.txt' || haveOracles('patch'))
  .sort()
  .map((file) => ({ file, cases: readCases(file) }));
const key = (file: string, index: number): string => `${file.slice(0, -4)}.${String(index).padStart(3, '0')}`;
const hasQemu = spawnSync('qemu-system-x86_64', ['--version']).status === 0;

const MACHINES: readonly Machine[] = hasQemu ? ['our machine', 'QEMU'] : ['our machine'];

let theirs: Map<string, Outcome>;
const ours = new Map<Machine, Map<string, Outcome>>();
beforeAll(async () => {
  const output = mkdtempSync(join(tmpdir(), 'os-'));
  try {
    await build({ output, report: () => undefined });
    const scripts = new Map(suites.flatMap(({ file, cases }) => cases.map(({ script }, i) => [key(file, i), script] as const)));
    theirs = onHost({ scripts });
    const platform = join(output, 'platform/i86pc');
    const [kernel, archive] = [join(platform, 'kernel/amd64/unix'), join(platform, 'amd64/boot_archive')];
    const runs = MACHINES.map(async (machine) => ours.set(machine, await inGuest(machine, kernel, archive, { scripts })));
    await Promise.all(runs);
  } finally {
    rmSync(output, { recursive: true });
  }
}, 600_000);

describe.each(suites)('$file', ({ file, cases }) => {
  const rows = cases.flatMap((one, index) => MACHINES.map((machine) => [one.name, machine, one, index] as const));
  test.each(rows)('%s, on %s', (_name, machine, { illumos }, index) => {
    const outcome = ours.get(machine)?.get(key(file, index));
    if (illumos) expect(outcome?.output.trimEnd(), `as ${illumos.page} says`).toBe(illumos.output);
    else expect(outcome).toEqual(theirs.get(key(file, index)));
  });
});
