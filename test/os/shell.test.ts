// SPDX-License-Identifier: MIT
/**
 * Our shell against dash: the same scripts, what they print and how they end. All run in one boot on our machine and one on QEMU, from files that a second archive behind the
 * boot archive brings.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeArchive } from '../../toolchain/image/archive.ts';
import { haveOracles } from '../../tools/oracles.js';
import { MORE_SCRIPTS } from './moreScripts.ts';
import { SCRIPTS as FIRST_SCRIPTS } from './scripts.ts';
import { buildImage, type Image, typeOnOurs, typeOnQemu } from './session.ts';

const SCRIPTS: Readonly<Record<string, string>> = { ...FIRST_SCRIPTS, ...MORE_SCRIPTS };
const NAMES = Object.keys(SCRIPTS);
/** Where dash's words for a failure would differ, only what goes to standard output counts. */
const RUN_ALL =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
  'mkdir /tmp/w; cd /tmp/w; for s in /scripts/*; do sh $s 2>/tmp/errors < /dev/null; echo "@@ ${s#/scripts/} $?"; done; cd; cat /tmp/errors';

let image: Image;
type Machine = 'our machine' | 'QEMU';
const MACHINES: readonly Machine[] = haveOracles('qemu-system-x86_64') ? ['our machine', 'QEMU'] : ['our machine'];
const results = new Map<Machine, Map<number, string>>();
beforeAll(async () => {
  image = await buildImage();
  const files = NAMES.map((name, index) => ({ path: `scripts/${1000 + index}`, content: `${SCRIPTS[name]}\n` }));
  const archive = Buffer.concat([readFileSync(image.archive), writeArchive({ files }, 0)]);
  const extended = join(image.directory, 'with-scripts');
  writeFileSync(extended, archive);
  const system = { ...image, archive: extended };
  const runs = MACHINES.map(async (machine) => {
    const { outputs } = await (machine === 'QEMU' ? typeOnQemu(system, [RUN_ALL]) : typeOnOurs(system, [RUN_ALL]));
    results.set(machine, parse(outputs[0] ?? ''));
  });
  await Promise.all(runs);
}, 600_000);
afterAll(() => image.remove());

function parse(text: string): Map<number, string> {
  const found = new Map<number, string>();
  let rest = text;
  for (let end = /^@@ (\d+) (\d+)\n/m.exec(rest); end; end = /^@@ (\d+) (\d+)\n/m.exec(rest)) {
    found.set(Number(end[1]) - 1000, `${rest.slice(0, end.index)}status ${end[2]}`);
    rest = rest.slice(end.index + end[0].length);
  }
  return found;
}

function dash(script: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'dash-'));
  writeFileSync(join(directory, 'script'), `${script}\n`);
  mkdirSync(join(directory, 'w'));
  // Children called sh are dash too.
  mkdirSync(join(directory, 'bin'));
  const which = spawnSync('sh', ['-c', 'command -v dash'], { encoding: 'utf8' }).stdout.trim();
  spawnSync('ln', ['-s', which, join(directory, 'bin/sh')]);
  const env = { PATH: `${join(directory, 'bin')}:/usr/bin:/bin`, HOME: '/root' };
  const options = { cwd: join(directory, 'w'), env, encoding: 'latin1', input: '', timeout: 30_000 } as const;
  const { stdout, status } = spawnSync(which, [join(directory, 'script')], options);
  rmSync(directory, { recursive: true });
  return `${stdout}status ${status}`;
}

test('there are enough of them', () => expect(NAMES.length).toBeGreaterThanOrEqual(150));

test.skipIf(!haveOracles('dash')).each(NAMES)('%s', (name) => {
  const expected = dash(SCRIPTS[name]);
  for (const machine of MACHINES) expect(results.get(machine)?.get(NAMES.indexOf(name)), `on ${machine}`).toBe(expected);
});
