// SPDX-License-Identifier: MIT
/**
 * zfs diff: the example of zfs(8) of illumos, line by line; and changes at random, for which OpenZFS's zdb tells what files either snapshot has, from
 * which the differences follow by the rules of libzfs.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testSeed } from '../../../test/support/seed.ts';
import { Bench, hasZdb } from '../../host/commandTests.ts';

let bench: Bench;
beforeAll(async () => {
  // zdb shows whole seconds.
  let seconds = 1_700_000_000n;
  bench = await Bench.make(80, { now: () => (seconds += 1n) * 1_000_000_000n });
  bench.ok('pretendMounts', 1);
}, 300_000);
afterAll(() => bench.close());

const FILE = 0o100644n;
const DIRECTORY = 0o40755n;

test('the example of the manual', { timeout: 300_000 }, () => {
  bench.create('tank');
  bench.zfsOut('create tank/test');
  for (const name of ['linked', 'oldname', 'deleted', 'modified']) bench.write('tank/test', name, Buffer.from(name));
  bench.zfsOut('snapshot tank/test@before');
  bench.ok('choose', 'tank/test');
  bench.ok('link', 'linked', 'another');
  bench.ok('rename', 'oldname', 'newname');
  bench.ok('remove', 'deleted');
  bench.ok('makeFile', 'created', FILE, '');
  bench.ok('writeFile', 'modified', 0n, Buffer.from('M'));
  expect(bench.zfsOut('diff -F tank/test@before tank/test')).toBe(
    [
      'M\t/\t/tank/test/',
      'M\tF\t/tank/test/linked\t(+1)',
      'R\tF\t/tank/test/oldname -> /tank/test/newname',
      '-\tF\t/tank/test/deleted',
      '+\tF\t/tank/test/created',
      'M\tF\t/tank/test/modified',
      '',
    ].join('\n'),
  );
  expect(bench.zfsOut('diff -H tank/test@before').split('\n')[2]).toBe('R\t/tank/test/oldname\t/tank/test/newname');
  expect(bench.zfsOut('diff -t tank/test@before').split('\n')[0]).toMatch(/^17\d{8}\.000000000\tM\t\/tank\/test\/$/);
  // Names with blanks and what is not ASCII, an emptied directory of many, a clone.
  bench.ok('choose', 'tank/test');
  bench.ok('makeFile', 'a b\\\xe9', 0o120777n, 'target');
  bench.ok('makeFile', 'dir', DIRECTORY, '');
  for (let i = 0; i < 200; i++) bench.ok('makeFile', `dir/${i}`, FILE, '');
  bench.zfsOut('snapshot tank/test@middle');
  expect(bench.zfsOut('diff -F tank/test@before @middle')).toContain('+\t@\t/tank/test/a\\040b\\134\\351\n');
  bench.zfsOut('clone tank/test@middle tank/clone');
  bench.ok('choose', 'tank/clone');
  for (let i = 0; i < 200; i++) bench.ok('remove', `dir/${i}`);
  const gone = bench.zfsOut('diff tank/test@middle tank/clone').split('\n').filter(Boolean);
  expect(gone.sort()).toEqual(['M\t/tank/clone/dir', ...Array.from({ length: 200 }, (_, i) => `-\t/tank/clone/dir/${i}`)].sort());
  expect(bench.zfsOut('list -H -o name -t snapshot')).toBe('tank/test@before\ntank/test@middle\n');
});

test('what is refused', () => {
  const cases: [string, number, string][] = [
    ['diff', 2, 'must provide at least one snapshot name\n'],
    ['diff tank/test', 1, 'Badly formed snapshot name tank/test: invalid name\n'],
    ['diff tank/none@x', 1, "cannot open 'tank/none': dataset does not exist\n"],
    ['diff @a @b', 1, "cannot open '': empty component in name\n"],
    ['diff tank/test tank/test@before', 1, 'Unable to determine which snapshots to compare: invalid name\n'],
    ['diff tank/test@middle tank/test@before', 1, 'Unable to obtain diffs: \n   Not an earlier snapshot from the same fs\n'],
    ['diff tank/clone@x tank/test', 1, 'Not an earlier snapshot from the same fs: invalid name\n'],
  ];
  for (const [line, status, err] of cases) {
    const said = bench.run(`zfs ${line}`);
    expect([line, said.status, said.err.startsWith(err) ? err : said.err]).toEqual([line, status, err]);
  }
  bench.ok('pretendMounts', 0);
  expect(bench.run('zfs diff tank/test@before').err).toBe(
    'Cannot diff an unmounted snapshot: operation not applicable to datasets of this type\n',
  );
  bench.ok('pretendMounts', 1);
});

interface Known {
  readonly path: string | undefined;
  readonly ctime: string;
  readonly gen: number;
  readonly type: number;
  readonly links: number;
}

/** Files of a snapshot by number, as zdb shows them. */
function filesOf(name: string): Map<number, Known> {
  const files = new Map<number, Known>();
  for (const part of bench
    .shown('-ddddd', name)
    .split(/\n\n? {4}Object +lvl .*\n/)
    .slice(1)) {
    const field = (name: string): string => new RegExp(`^\\t${name}\\s+(.*)$`, 'm').exec(part)?.[1] ?? '';
    if (!field('mode')) continue;
    const path = field('path');
    files.set(Number.parseInt(part, 10), {
      path: path.startsWith('/') ? path : undefined,
      ctime: field('ctime'),
      gen: Number(field('gen')),
      type: Number.parseInt(field('mode'), 8) & 0o170000,
      links: Number(field('links')),
    });
  }
  return files;
}

function expected(before: Map<number, Known>, after: Map<number, Known>): string[] {
  const lines: string[] = [];
  for (const object of [...new Set([...before.keys(), ...after.keys()])].sort((a, b) => a - b)) {
    const old = before.get(object);
    const now = after.get(object);
    const isDirectory = old?.type === 0o40000 || now?.type === 0o40000;
    const more = old && now && !isDirectory ? now.links - old.links : 0;
    const signed = `${more > 0 ? '+' : ''}${more}`;
    if (!old || old.path === undefined) lines.push(more ? `M\t${now?.path}\t(${signed})` : `+\t${now?.path}`);
    else if (!now || now.path === undefined) lines.push(more ? `M\t${old.path}\t(${signed})` : `-\t${old.path}`);
    else if (old.gen !== now.gen) lines.push(`-\t${old.path}`, `+\t${now.path}`);
    else if (old.ctime === now.ctime) continue;
    else if (more) lines.push(`M\t${more > 0 ? old.path : now.path}\t(${signed})`);
    else lines.push(old.path === now.path ? `M\t${old.path}` : `R\t${old.path} -> ${now.path}`);
  }
  return lines.map((line) => line.replace(/(\t|-> )\//g, '$1/tank/r/'));
}

test.skipIf(!hasZdb)('changes at random, as zdb sees them', { timeout: 300_000 }, () => {
  bench.judge('tank');
  bench.create('tank');
  bench.zfsOut('create tank/r');
  let state = testSeed() | 1;
  const random = (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  let count = 0;
  bench.ok('choose', 'tank/r');
  for (let i = 0; i < 4; i++) bench.ok('makeFile', `d${i}`, DIRECTORY, '');
  /** Files by name. Those with several have all in one directory: which of several a file knows, nobody says. */
  const files = new Map<string, number>();
  for (let round = 0; round < 5; round++) {
    bench.ok('choose', 'tank/r');
    for (let i = 0; i < 60; i++) {
      const fresh = `d${random(4)}/${++count}`;
      const old = [...files.keys()][random(files.size || 1)];
      const file = files.get(old);
      const beside = `${old?.split('/')[0]}/${count}`;
      const what = random(6);
      if (what < 2 || file === undefined) {
        bench.ok('makeFile', fresh, FILE, '');
        files.set(fresh, count);
      } else if (what === 2) bench.ok('writeFile', old, BigInt(random(5000)), Buffer.from('x'));
      else if (what === 3) {
        const to = [...files.values()].filter((one) => one === file).length > 1 ? beside : fresh;
        bench.ok('rename', old, to);
        files.delete(old);
        files.set(to, file);
      } else if (what === 4) {
        bench.ok('link', old, beside);
        files.set(beside, file);
      } else {
        bench.ok('remove', old);
        files.delete(old);
      }
    }
    bench.zfsOut(`snapshot tank/r@${round}`);
  }
  const states = Array.from({ length: 5 }, (_, round) => filesOf(`tank/r@${round}`));
  expect(states[4].size).toBeGreaterThan(40);
  for (const [from, to] of [
    [0, 1],
    [1, 4],
    [0, 4],
    [3, 4],
  ]) {
    const lines = bench.zfsOut(`diff tank/r@${from} tank/r@${to}`).split('\n').filter(Boolean);
    expect(lines).toEqual(expected(states[from], states[to]));
  }
});
