// SPDX-License-Identifier: MIT
/** Files made in file systems whose attributes and layouts have other numbers than ours, as those of other implementations have: OpenZFS's zdb reads them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Bench, hasZdb } from '../host/commandTests.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make(64);
}, 300_000);
afterAll(() => bench.close());

test.skipIf(!hasZdb)('attributes are found and made by the numbers that the file system has', { timeout: 300_000 }, () => {
  bench.create('tank');
  bench.zfsOut('create tank/a');
  bench.ok('renumberAttributes', 'tank/a');
  bench.ok('exportPool');
  bench.import();
  const mode = { file: 0o100640n, directory: 0o40750n, link: 0o120777n, device: 0o20600n };
  bench.ok('choose', 'tank/a');
  bench.ok('makeFile', 'file', mode.file, '');
  bench.ok('writeFile', 'file', 0n, Buffer.from('twelve bytes'));
  bench.ok('makeFile', 'directory', mode.directory, '');
  bench.ok('makeFile', 'link', mode.link, 'directory/none');
  bench.ok('makeFile', 'device', mode.device, '');
  bench.ok('setAttributes', 'file', 0o604n, 7, 8, 0n, 1_000_000_000_000_000_000n);
  bench.ok('makeExtended', 'file');
  const described = (): string[] =>
    ['file', 'directory', 'link', 'device'].map((name) => {
      bench.ok('describe', name);
      return bench.said;
    });
  const wanted = [`${0o100604} 12 1`, `${mode.directory} 2 2`, `${mode.link} 14 1 directory/none`, `${mode.device} 0 1`];
  expect(described()).toEqual(wanted);
  bench.judge('tank');
  const shown = bench.shown('-ddddd', 'tank/a');
  const fields = (path: string): string => shown.split(/\n {4}Object /).find((part) => part.includes(`\tpath\t${path}\n`)) ?? '';
  expect(fields('/')).toMatch(/\tmode\t40755\n\tsize\t6\n/);
  expect(fields('/file')).toMatch(
    /\tuid {5}7\n\tgid {5}8\n[\s\S]*\tmtime\tSun Sep {2}9 01:46:40 2001\n[\s\S]*\tmode\t100604\n\tsize\t12\n\tparent\t\d+\n\tlinks\t1\n[\s\S]*\txattr\t\d+\n/,
  );
  expect(fields('/directory')).toMatch(/\tmode\t40750\n\tsize\t2\n\tparent\t\d+\n\tlinks\t2\n/);
  expect(fields('/link')).toMatch(/\tmode\t120777\n\tsize\t14\n/);
  expect(fields('/device')).toMatch(/\tmode\t20600\n[\s\S]*\trdev\t0x0/);
  bench.import();
  bench.ok('choose', 'tank/a');
  expect(described()).toEqual(wanted);
});
