// SPDX-License-Identifier: MIT
/**
 * Our shell against dash, and called bash against bash: the same scripts, what they print and how they end. All run in one boot on our machine and one
 * on QEMU, from files that a second archive behind the boot archive brings.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeArchive } from '../../toolchain/image/archive.ts';
import { haveOracles } from '../../tools/oracles.js';
import { BASH_SCRIPTS } from './bashScripts.ts';
import { MORE_SCRIPTS } from './moreScripts.ts';
import { SCRIPTS as FIRST_SCRIPTS } from './scripts.ts';
import { buildImage, type Image, typeOnOurs, typeOnQemu } from './session.ts';

interface Suite {
  /** What our shell is called, and whose words count. */
  readonly shell: 'sh' | 'bash';
  readonly oracle: 'dash' | 'bash';
  readonly scripts: Readonly<Record<string, string>>;
}
const SUITES: readonly Suite[] = [
  { shell: 'sh', oracle: 'dash', scripts: { ...FIRST_SCRIPTS, ...MORE_SCRIPTS } },
  { shell: 'bash', oracle: 'bash', scripts: BASH_SCRIPTS },
];
const FIRST = 1000;
const place = ({ shell }: Suite): string => `/scripts/${shell}`;
/** Where the oracle's words for a failure would differ, only what goes to standard output counts. */
const runAll = (suite: Suite): string =>
  `mkdir /tmp/${suite.shell}; cd /tmp/${suite.shell}; for s in ${place(suite)}/*; do ${suite.shell} $s 2>/tmp/errors < /dev/null; echo "@@ \${s##*/} $?"; done; cd; cat /tmp/errors`;

let image: Image;
type Machine = 'our machine' | 'QEMU';
const MACHINES: readonly Machine[] = haveOracles('qemu-system-x86_64') ? ['our machine', 'QEMU'] : ['our machine'];
const results = new Map<Machine, ReadonlyMap<number, string>[]>();
beforeAll(async () => {
  image = await buildImage();
  const files = SUITES.flatMap((suite) =>
    Object.values(suite.scripts).map((script, index) => ({
      path: `${place(suite).slice(1)}/${FIRST + index}`,
      content: `${script}\n`,
    })),
  );
  const archive = Buffer.concat([readFileSync(image.archive), writeArchive({ files }, 0)]);
  const extended = join(image.directory, 'with-scripts');
  writeFileSync(extended, archive);
  const system = { ...image, archive: extended };
  const runs = MACHINES.map(async (machine) => {
    const commands = SUITES.map(runAll);
    const { outputs } = await (machine === 'QEMU' ? typeOnQemu(system, commands) : typeOnOurs(system, commands));
    results.set(machine, outputs.map(parse));
  });
  await Promise.all(runs);
}, 600_000);
afterAll(() => image.remove());

function parse(text: string): Map<number, string> {
  const found = new Map<number, string>();
  let rest = text;
  for (let end = /^@@ (\d+) (\d+)\n/m.exec(rest); end; end = /^@@ (\d+) (\d+)\n/m.exec(rest)) {
    found.set(Number(end[1]) - FIRST, `${rest.slice(0, end.index)}status ${end[2]}`);
    rest = rest.slice(end.index + end[0].length);
  }
  return found;
}

function onHost(oracle: string, script: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'shell-'));
  writeFileSync(join(directory, 'script'), `${script}\n`);
  mkdirSync(join(directory, 'w'));
  // Children called sh are dash.
  mkdirSync(join(directory, 'bin'));
  const which = (name: string): string => spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
  spawnSync('ln', ['-s', which('dash'), join(directory, 'bin/sh')]);
  const env = { PATH: `${join(directory, 'bin')}:/usr/bin:/bin`, HOME: '/root' };
  const options = { cwd: join(directory, 'w'), env, encoding: 'latin1', input: '', timeout: 30_000 } as const;
  const { stdout, status } = spawnSync(which(oracle), [join(directory, 'script')], options);
  rmSync(directory, { recursive: true });
  return `${stdout}status ${status}`;
}

test('there are enough of them', () => {
  expect(Object.keys(SUITES[0].scripts).length).toBeGreaterThanOrEqual(150);
  expect(Object.keys(SUITES[1].scripts).length).toBeGreaterThanOrEqual(70);
});

describe.each(SUITES)('$shell as $oracle', (suite) => {
  const { oracle, scripts } = suite;
  test.skipIf(!haveOracles(oracle)).each(Object.keys(scripts))('%s', (name) => {
    const expected = onHost(oracle, scripts[name]);
    const index = Object.keys(scripts).indexOf(name);
    for (const machine of MACHINES)
      expect(results.get(machine)?.[SUITES.indexOf(suite)]?.get(index), `on ${machine}`).toBe(expected);
  });
});
