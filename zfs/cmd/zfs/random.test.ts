// SPDX-License-Identifier: MIT
/**
 * Snapshots, clones, promotions, rollbacks, destructions and renames in random order, with files in between: every dataset keeps the files that it is
 * to have, what is counted adds up, zdb finds neither error nor leak, and when all is destroyed all space is free again.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testSeed } from '../../../test/support/seed.ts';
import { Bench } from '../../host/commandTests.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.make();
}, 300_000);
afterAll(() => bench.close());

function randomFrom(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Up to 300 kB that compress by half. */
function short(seed: number): Buffer {
  const random = randomFrom(seed);
  const bytes = Buffer.alloc(random(75_000) * 4);
  for (let i = 0; i < bytes.length; i += 4) bytes.writeUInt32LE(i & 64 ? 0x61616161 : random(2 ** 32), i);
  return bytes;
}

/** Files by name: the seeds of their contents. */
type Files = Map<string, number>;
interface Model {
  readonly heads: Map<string, { files: Files; snapshots: string[]; origin?: string }>;
  readonly snapshots: Map<string, Files>;
}

function clonesOf(model: Model, snapshot: string): string[] {
  return [...model.heads].filter(([, head]) => head.origin === snapshot).map(([name]) => name);
}

function step(model: Model, random: (below: number) => number, number: number): string {
  const heads = [...model.heads.keys()];
  const name = heads[random(heads.length)];
  const head = model.heads.get(name) as NonNullable<ReturnType<typeof model.heads.get>>;
  const full = (one: string): string => `${name}@${one}`;
  switch (random(11)) {
    case 0:
    case 1:
    case 2: {
      const file = `f${random(6)}`;
      bench.write(name, file, short(number));
      head.files.set(file, number);
      return `write ${name} ${file}`;
    }
    case 3: {
      const file = [...head.files.keys()][0];
      if (!file) return '';
      bench.ok('choose', name);
      bench.ok('remove', file);
      head.files.delete(file);
      return `remove ${name} ${file}`;
    }
    case 4:
    case 5: {
      bench.zfsOut(`snapshot ${full(`s${number}`)}`);
      head.snapshots.push(`s${number}`);
      model.snapshots.set(full(`s${number}`), new Map(head.files));
      return `snapshot ${full(`s${number}`)}`;
    }
    case 6: {
      const one = head.snapshots[random(head.snapshots.length || 1)];
      if (!one || model.heads.size > 6) return '';
      bench.zfsOut(`clone ${full(one)} tank/c${number}`);
      model.heads.set(`tank/c${number}`, { files: new Map(model.snapshots.get(full(one))), snapshots: [], origin: full(one) });
      return `clone ${full(one)} tank/c${number}`;
    }
    case 7: {
      const one = head.snapshots[random(head.snapshots.length || 1)];
      if (!one) return '';
      const { status } = bench.run(`zfs destroy ${full(one)}`);
      expect(status).toBe(clonesOf(model, full(one)).length > 0 ? 1 : 0);
      if (status !== 0) return '';
      head.snapshots.splice(head.snapshots.indexOf(one), 1);
      model.snapshots.delete(full(one));
      return `destroy ${full(one)}`;
    }
    case 8: {
      if (!head.origin) return '';
      bench.zfsOut(`promote ${name}`);
      const [other, snapshot] = head.origin.split('@');
      const parent = model.heads.get(other) as typeof head;
      const moved = parent.snapshots.splice(0, parent.snapshots.indexOf(snapshot) + 1);
      head.snapshots.unshift(...moved);
      for (const one of moved) {
        model.snapshots.set(full(one), model.snapshots.get(`${other}@${one}`) as Files);
        model.snapshots.delete(`${other}@${one}`);
        for (const clone of model.heads.values()) if (clone.origin === `${other}@${one}`) clone.origin = full(one);
      }
      head.origin = parent.origin;
      parent.origin = full(snapshot);
      return `promote ${name}`;
    }
    case 9: {
      const one = head.snapshots.at(-1);
      if (!one) return '';
      bench.zfsOut(`rollback ${full(one)}`);
      head.files = new Map(model.snapshots.get(full(one)));
      return `rollback ${full(one)}`;
    }
    default: {
      if (head.snapshots.length > 0 || model.heads.size < 3) {
        bench.zfsOut(`set refreservation=${random(3) ? `${random(900) + 1}k` : 'none'} ${name}`);
        return `set refreservation ${name}`;
      }
      bench.zfsOut(`destroy ${name}`);
      model.heads.delete(name);
      return `destroy ${name}`;
    }
  }
}

function check(model: Model): void {
  const shown = bench.zfsOut('list -H -o name -t all -r tank').trim().split('\n');
  const wanted = ['tank', ...model.heads.keys(), ...model.snapshots.keys()];
  expect([...shown].sort()).toEqual(wanted.sort());
  const holders: [string, Files][] = [
    ...[...model.heads].map(([name, { files }]): [string, Files] => [name, files]),
    ...model.snapshots,
  ];
  for (const [name, files] of holders) {
    expect(bench.list(name)).toEqual([...files.keys()].sort());
    for (const [file, seed] of files) expect(bench.read(name, file).equals(short(seed))).toBe(true);
  }
  const columns = 'name,used,usedbysnapshots,usedbydataset,usedbychildren,usedbyrefreservation,refreservation';
  for (const line of bench.zfsOut(`list -Hp -o ${columns} -r tank`).trim().split('\n')) {
    const [name, used, ...parts] = line.split('\t');
    const sum = parts.slice(0, 4).reduce((total, part) => total + Number(part), 0);
    expect(`${name} ${used}`).toBe(`${name} ${sum}`);
  }
}

test.each([28n, 23n])('version %s', { timeout: 600_000 }, (version) => {
  bench.create('tank', version);
  const seed = testSeed();
  const random = randomFrom(seed + Number(version));
  bench.zfsOut('create tank/a');
  bench.ok('sync');
  const empty = Number(bench.zfsOut('get -Hp -o value usedbydataset tank/a'));
  const model: Model = { heads: new Map([['tank/a', { files: new Map(), snapshots: [] }]]), snapshots: new Map() };
  const done: string[] = [];
  try {
    for (let i = 1; i <= 70; i++) {
      done.push(step(model, random, i));
      if (i % 15 === 0) check(model);
    }
  } catch (error) {
    throw new Error(`seed ${seed}: ${done.filter(Boolean).join('; ')}: ${(error as Error).message}`);
  }
  bench.judge('tank');
  bench.import();
  check(model);
  for (const name of model.heads.keys()) bench.run(`zfs destroy -R ${name}`);
  expect(bench.zfsOut('list -H -o name -t all')).toBe('tank\n');
  bench.zfsOut('create tank/a');
  // Blocks of metadata compress a little differently each time.
  expect(Math.abs(Number(bench.zfsOut('get -Hp -o value used tank/a')) - empty)).toBeLessThan(4096);
  expect(Number(bench.zfsOut('get -Hp -o value usedbychildren tank'))).toBeLessThan(2 << 20);
  bench.judge('tank');
});
