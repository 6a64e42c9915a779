// SPDX-License-Identifier: MIT
/**
 * Our shell against dash: the same scripts, what they print and how they end. All run in one boot, from files that a second archive behind the
 * boot archive brings.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeArchive } from '../../toolchain/image/archive.ts';
import { haveOracles } from '../../tools/oracles.js';
import { SCRIPTS } from './scripts.ts';
import { buildImage, type Image, typeOnOurs } from './session.ts';

const NAMES = Object.keys(SCRIPTS);
/** Where dash's words for a failure would differ, only what goes to standard output counts. */
const RUN_ALL =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
  'mkdir /tmp/w; cd /tmp/w; for s in /scripts/*; do sh $s 2>/tmp/errors < /dev/null; echo "@@ ${s#/scripts/} $?"; done; cd; cat /tmp/errors';

let image: Image;
let results: Map<number, string>;
beforeAll(async () => {
  image = await buildImage();
  const files = NAMES.map((name, index) => ({ path: `scripts/${1000 + index}`, content: `${SCRIPTS[name]}\n` }));
  const archive = Buffer.concat([readFileSync(image.archive), writeArchive({ files }, 0)]);
  const extended = join(image.directory, 'with-scripts');
  writeFileSync(extended, archive);
  const { outputs } = await typeOnOurs({ ...image, archive: extended }, [RUN_ALL]);
  results = new Map();
  let rest = outputs[0] ?? '';
  for (let found = /^@@ (\d+) (\d+)\n/m.exec(rest); found; found = /^@@ (\d+) (\d+)\n/m.exec(rest)) {
    results.set(Number(found[1]) - 1000, `${rest.slice(0, found.index)}status ${found[2]}`);
    rest = rest.slice(found.index + found[0].length);
  }
}, 400_000);
afterAll(() => image.remove());

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

test('there are enough of them', () => expect(NAMES.length).toBeGreaterThanOrEqual(60));

test.skipIf(!haveOracles('dash')).each(NAMES)('%s', (name) => {
  expect(results.get(NAMES.indexOf(name))).toBe(dash(SCRIPTS[name]));
});
