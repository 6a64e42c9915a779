// SPDX-License-Identifier: MIT
/**
 * Streams: OpenZFS's zstream reads ours, every record and the checksum; what is received has every file as it was, zdb is content with it, and
 * streams that are damaged or do not fit are refused with the words of illumos's libzfs, nothing left behind.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openZfs } from '../../tools/oracles.js';
import { Bench } from '../host/commandTests.ts';

const zstream = openZfs();
let bench: Bench;
const sample = (count: number, seed: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: count }, (_, i) => (i & 64 ? 97 : (Math.imul(i + 1, seed * 2654435761) >>> 13) & 255)));

/** What snapshots hold, by name: files and their contents. */
const contents: Record<string, Record<string, Buffer>> = {};
function remember(snapshot: string): void {
  const files: Record<string, Buffer> = {};
  for (const name of bench.list(snapshot)) files[name] = bench.read(snapshot, name);
  contents[snapshot] = files;
}
function sameAs(dataset: string, snapshot: string): void {
  expect(bench.list(dataset)).toEqual(Object.keys(contents[snapshot]).sort());
  for (const [name, bytes] of Object.entries(contents[snapshot])) expect(bench.read(dataset, name).equals(bytes)).toBe(true);
}
function send(words: string): Buffer {
  bench.zfsOut(`send ${words}`);
  return bench.takeStream();
}
function receive(words: string, stream: Uint8Array): { status: number; err: string } {
  bench.giveStream(stream);
  const { status, err } = bench.run(`zfs receive ${words}`);
  return { status, err };
}
const DONE = { status: 0, err: '' };

beforeAll(async () => {
  bench = await Bench.make(160);
  bench.create('tank');
  bench.zfsOut('create -o compression=gzip tank/a');
  bench.write('tank/a', 'big', sample(1_500_000, 3));
  bench.write('tank/a', 'small', Buffer.from('small\n'));
  bench.ok('makeFile', 'sparse', 0o100644n, '');
  bench.ok('writeFile', 'sparse', 5_000_000n, Buffer.from('far'));
  for (let i = 0; i < 200; i++) bench.ok('makeFile', `many with a name that a micro ZAP has no room for ${i}`, 0o100600n, '');
  bench.zfsOut('snapshot tank/a@one');
  remember('tank/a@one');
  bench.ok('choose', 'tank/a');
  bench.ok('writeFile', 'big', 400_000n, Buffer.alloc(300_000, 'new'));
  for (let i = 0; i < 200; i += 2) bench.ok('remove', `many with a name that a micro ZAP has no room for ${i}`);
  bench.write('tank/a', 'small', sample(40_000, 5));
  bench.write('tank/a', 'late', sample(200_000, 7));
  bench.zfsOut('snapshot tank/a@two');
  remember('tank/a@two');
  bench.ok('choose', 'tank/a');
  bench.ok('truncate', 'big', 500_000n);
  bench.ok('remove', 'late');
  bench.zfsOut('set my:own=value tank/a');
  bench.zfsOut('snapshot tank/a@three');
  remember('tank/a@three');
  bench.zfsOut('clone tank/a@two tank/clone');
  bench.write('tank/clone', 'only here', sample(100_000, 9));
  bench.zfsOut('snapshot tank/clone@c');
  remember('tank/clone@c');
}, 300_000);
afterAll(() => bench.close());

function dump(stream: Buffer): string {
  if (!zstream) return '';
  const { status, output } = zstream('zstream', ['dump', '-v'], { input: stream } as never);
  expect(output).not.toMatch(/Expected checksum|invalid|Warning/i);
  expect(status).toBe(0);
  return output;
}
const guidOf = (name: string): string => BigInt(bench.zfsOut(`get -Hp -o value guid ${name}`).trim()).toString(16);

describe('one stream', () => {
  test('all of a snapshot', () => {
    const stream = send('tank/a@one');
    if (zstream) {
      const text = dump(stream);
      expect(text).toContain('magic = 2f5bacbac');
      expect(text).toContain('toname = tank/a@one');
      expect(text).toContain(`toguid = ${guidOf('tank/a@one')}`);
      expect(text).toContain('END checksum = ');
    }
    expect(receive('tank/b', stream)).toEqual(DONE);
    sameAs('tank/b', 'tank/a@one');
    sameAs('tank/b@one', 'tank/a@one');
    expect(guidOf('tank/b@one')).toBe(guidOf('tank/a@one'));
    expect(bench.zfsOut('get -Hp -o value creation tank/b@one')).toBe(bench.zfsOut('get -Hp -o value creation tank/a@one'));
  });
  test('what has changed since', () => {
    const stream = send('-i one tank/a@two');
    if (zstream) expect(dump(stream)).toContain(`fromguid = ${guidOf('tank/a@one')}`);
    expect(stream.length).toBeLessThan(send('tank/a@two').length / 2);
    expect(receive('tank/b', stream)).toEqual(DONE);
    sameAs('tank/b', 'tank/a@two');
    sameAs('tank/b@one', 'tank/a@one');
    expect(receive('tank/b', send('-i @two tank/a@three'))).toEqual(DONE);
    sameAs('tank/b', 'tank/a@three');
  });
  test('a clone, from its origin', () => {
    expect(receive('tank/b-clone', send('-i tank/a@two tank/clone@c'))).toEqual(DONE);
    sameAs('tank/b-clone', 'tank/clone@c');
    expect(bench.zfsOut('get -H -o value origin tank/b-clone')).toMatch(/@two\n$/);
  });
  test('a volume', () => {
    bench.zfsOut('create -s -V 8m tank/vol');
    bench.zfsOut('snapshot tank/vol@v');
    const stream = send('tank/vol@v');
    dump(stream);
    expect(receive('tank/vol2', stream)).toEqual(DONE);
    expect(bench.zfsOut('get -H -o value volsize tank/vol2')).toBe('8M\n');
  });
  test('by the names in it', () => {
    bench.zfsOut('create tank/in');
    expect(receive('-d tank/in', send('tank/a@one'))).toEqual(DONE);
    expect(receive('-e tank/in', send('-i one tank/a@two'))).toEqual(DONE);
    sameAs('tank/in/a', 'tank/a@two');
  });
});

describe('many streams', () => {
  test('every snapshot between two', () => {
    expect(receive('tank/between', send('tank/a@one'))).toEqual(DONE);
    const stream = send('-I one tank/a@three');
    dump(stream);
    expect(receive('tank/between', stream)).toEqual(DONE);
    expect(bench.zfsOut('list -H -o name -t snapshot -r tank/between')).toBe(
      'tank/between@one\ntank/between@two\ntank/between@three\n',
    );
    sameAs('tank/between@two', 'tank/a@two');
    sameAs('tank/between', 'tank/a@three');
  });
  test('with properties', () => {
    const stream = send('-p tank/a@three');
    dump(stream);
    expect(receive('tank/with', stream)).toEqual(DONE);
    expect(bench.zfsOut('get -H -o value,source compression,my:own tank/with')).toBe('gzip\treceived\nvalue\treceived\n');
    bench.zfsOut('set compression=off tank/with');
    expect(bench.zfsOut('get -H -o value,received,source compression tank/with')).toBe('off\tgzip\tlocal\n');
    bench.zfsOut('inherit compression tank/with');
    expect(bench.zfsOut('get -H -o value,source compression tank/with')).toBe('off\tdefault\n');
    bench.zfsOut('inherit -S compression tank/with');
    expect(bench.zfsOut('get -H -o value,source compression tank/with')).toBe('gzip\treceived\n');
  });
  test('a tree', () => {
    bench.zfsOut('create tank/tree');
    bench.zfsOut('create -o atime=off tank/tree/x');
    bench.zfsOut('create tank/tree/x/y');
    bench.write('tank/tree/x/y', 'f', sample(10_000, 11));
    bench.zfsOut('snapshot -r tank/tree@r');
    bench.zfsOut('clone tank/tree/x/y@r tank/tree/copy');
    bench.zfsOut('snapshot -r tank/tree@s');
    const stream = send('-R tank/tree@s');
    dump(stream);
    expect(receive('tank/tree2', stream)).toEqual(DONE);
    expect(bench.zfsOut('list -H -o name,origin -t all -r tank/tree2')).toBe(
      bench.zfsOut('list -H -o name,origin -t all -r tank/tree').replaceAll('tank/tree', 'tank/tree2'),
    );
    expect(bench.zfsOut('get -H -o value,source atime tank/tree2/x')).toBe('off\treceived\n');
    expect(bench.read('tank/tree2/copy', 'f').equals(sample(10_000, 11))).toBe(true);
    bench.write('tank/tree/x', 'later', Buffer.from('later'));
    bench.zfsOut('snapshot -r tank/tree@t');
    expect(receive('-F tank/tree2', send('-R -I s tank/tree@t'))).toEqual(DONE);
    expect(bench.read('tank/tree2/x', 'later').toString()).toBe('later');
  });
});

test('what was promoted at the source is promoted', () => {
  bench.zfsOut('create tank/old');
  for (const name of ['head', 'other']) bench.zfsOut(`create tank/old/${name}`);
  bench.write('tank/old/head', 'f', sample(30_000, 21));
  bench.zfsOut('snapshot -r tank/old@1');
  bench.write('tank/old/head', 'g', sample(20_000, 22));
  bench.zfsOut('snapshot -r tank/old@2');
  bench.zfsOut('clone tank/old/head@2 tank/old/clone');
  bench.zfsOut('clone tank/old/head@1 tank/old/first');
  bench.zfsOut('snapshot -r tank/old@3');
  expect(receive('tank/copied', send('-R tank/old@3'))).toEqual(DONE);
  const shown = (top: string): string =>
    bench.zfsOut(`list -H -o name,origin -t all -r ${top}`).replaceAll(top, 'TOP').split('\n').sort().join('\n');
  expect(shown('tank/copied')).toBe(shown('tank/old'));
  bench.zfsOut('promote tank/old/clone');
  bench.write('tank/old/clone', 'h', sample(10_000, 23));
  bench.zfsOut('snapshot -r tank/old@4');
  expect(receive('-F tank/copied', send('-R -I 3 tank/old@4'))).toEqual(DONE);
  expect(shown('tank/copied')).toBe(shown('tank/old'));
  expect(bench.read('tank/copied/clone', 'h').equals(sample(10_000, 23))).toBe(true);
  // Back again, and the head of all goes.
  bench.zfsOut('promote tank/old/first');
  bench.zfsOut('destroy -r tank/old/head');
  bench.zfsOut('snapshot -r tank/old@5');
  expect(receive('-F tank/copied', send('-R -I 4 tank/old@5'))).toEqual(DONE);
  expect(shown('tank/copied')).toBe(shown('tank/old'));
  expect(bench.read('tank/copied/clone', 'g').equals(sample(20_000, 22))).toBe(true);
});

describe('refusals', () => {
  const unchanged = (words: string, stream: Uint8Array, err: string): void => {
    const list = (): string => bench.zfsOut('list -H -t all -o name,guid -r tank');
    const before = list();
    expect(receive(words, stream)).toEqual({ status: 1, err });
    expect(list()).toBe(before);
  };
  test('destinations', () => {
    const full = send('tank/a@one');
    const later = send('-i two tank/a@three');
    const NEW = 'cannot receive new filesystem stream: ';
    const MORE = 'cannot receive incremental stream: ';
    unchanged('tank/b', full, `${NEW}destination 'tank/b' exists\nmust specify -F to overwrite it\n`);
    unchanged('-F tank/b', full, `${NEW}destination has snapshots (eg. tank/b@one)\nmust destroy them to overwrite it\n`);
    unchanged('tank/no/where', full, `${NEW}destination 'tank/no/where' does not exist\n`);
    unchanged('tank/none', later, `${MORE}destination 'tank/none' does not exist\n`);
    unchanged('tank/b', later, `${MORE}most recent snapshot of tank/b does not\nmatch incremental source\n`);
    unchanged('tank/bad!', full, "cannot receive: invalid character '!' in name\n");
  });
  test('a changed destination, unless it may be rolled back', () => {
    expect(receive('tank/changed', send('tank/a@one'))).toEqual(DONE);
    bench.write('tank/changed', 'mine', Buffer.from('mine'));
    const stream = send('-i one tank/a@two');
    unchanged(
      'tank/changed',
      stream,
      'cannot receive incremental stream: destination tank/changed has been modified\nsince most recent snapshot\n',
    );
    expect(bench.read('tank/changed', 'mine').toString()).toBe('mine');
    expect(receive('-F tank/changed', stream)).toEqual(DONE);
    sameAs('tank/changed', 'tank/a@two');
  });
  test('damage', () => {
    const full = send('tank/a@one');
    const BROKEN = 'checksum mismatch or incomplete stream\n';
    unchanged('tank/x', Buffer.alloc(0), 'cannot receive: failed to read from stream\n');
    unchanged('tank/x', Buffer.alloc(5000, 'no stream'), 'cannot receive: invalid stream (bad magic number)\n');
    unchanged('tank/x', full.subarray(0, full.length - 400), `cannot receive new filesystem stream: ${BROKEN}`);
    const flipped = Buffer.from(full);
    flipped[full.length - 60_000] ^= 4;
    unchanged('tank/x', flipped, `cannot receive new filesystem stream: ${BROKEN}`);
    const swapped = Buffer.from(send('-i one tank/a@two'));
    swapped[swapped.length - 20_000] ^= 4;
    expect(receive('tank/y', full)).toEqual(DONE);
    unchanged('tank/y', swapped, `cannot receive incremental stream: ${BROKEN}`);
    sameAs('tank/y', 'tank/a@one');
    expect(receive('tank/y', send('-i one tank/a@two'))).toEqual(DONE);
    sameAs('tank/y', 'tank/a@two');
  });
  test('damage anywhere is refused or harmless', { timeout: 600_000 }, () => {
    const full = send('tank/a@one');
    for (let i = 0; i < 24; i++) {
      const damaged = Buffer.from(full);
      damaged[(Math.imul(i + 1, 2654435761) >>> 0) % full.length] ^= 1 << (i & 7);
      const { status } = receive('tank/z', damaged);
      if (status === 0) bench.zfsOut('destroy -r tank/z');
      expect(bench.run('zfs list tank/z').status).toBe(1);
    }
  });
  test('sources', () => {
    const said = (words: string): string => bench.run(`zfs send ${words}`).err;
    expect(said('tank/a@none')).toBe("cannot open 'tank/a@none': dataset does not exist\n");
    expect(said('-i none tank/a@one')).toBe("warning: cannot send 'tank/a@one': incremental source (@none) does not exist\n");
    expect(said('-i two tank/a@one')).toBe("warning: cannot send 'tank/a@one': not an earlier snapshot from the same fs\n");
    bench.takeStream();
  });
});

describe('a dataset that is being received into', () => {
  test('is as it was until the stream has ended, and what has come does not keep it from being destroyed', () => {
    expect(receive('tank/live', send('tank/a@one'))).toEqual(DONE);
    const later = send('-i one tank/a@two');
    bench.ok('cutReceive', 1);
    expect(receive('tank/live', later).status).toBe(1);
    bench.ok('cutReceive', 0);
    sameAs('tank/live', 'tank/a@one');
    expect(bench.zfsOut('get -H -o value clones tank/live@one').trim()).not.toContain('%');
    expect(bench.zfsOut('list -H -o name -r -t all tank/live')).toBe('tank/live\ntank/live@one\n');
    bench.zfsOut('snapshot -r tank/live@mine');
    expect(receive('tank/live', later)).toMatchObject({ status: 1, err: expect.stringContaining('most recent snapshot') });
    expect(bench.zfsOut('list -H -o name -r -t all tank/live')).toBe('tank/live\ntank/live@one\ntank/live@mine\n');
    bench.zfsOut('destroy tank/live@mine');
    bench.ok('cutReceive', 1);
    expect(receive('tank/live', later).status).toBe(1);
    bench.ok('cutReceive', 0);
    expect(bench.run('zfs destroy -r tank/live')).toEqual({ status: 0, out: '', err: '' });
    expect(bench.run('zfs list tank/live').status).toBe(1);
  });
  test('with -F loses what was made since, with snapshots, unless those are held or cloned; quotas and reservations count', () => {
    expect(receive('tank/back', send('tank/a@one'))).toEqual(DONE);
    bench.write('tank/back', 'mine', sample(300_000, 13));
    bench.zfsOut('snapshot tank/back@two');
    bench.write('tank/back', 'mine', sample(200_000, 14));
    bench.zfsOut('snapshot tank/back@x');
    bench.zfsOut('set refreservation=4m tank/back');
    const later = send('-i one tank/a@two');
    expect(receive('tank/back', later).err).toContain('most recent snapshot of tank/back does not\nmatch incremental source');
    bench.zfsOut('hold k tank/back@x');
    expect(receive('-F tank/back', later).err).toContain('destination tank/back is busy');
    bench.zfsOut('release k tank/back@x');
    bench.zfsOut('set refquota=5m tank/back');
    expect(receive('-F tank/back', later)).toEqual(DONE);
    sameAs('tank/back', 'tank/a@two');
    sameAs('tank/back@one', 'tank/a@one');
    expect(bench.zfsOut('list -H -o name -r -t snapshot tank/back')).toBe('tank/back@one\ntank/back@two\n');
    const counted = bench.zfsOut(
      'list -H -p -o used,usedbydataset,usedbysnapshots,usedbychildren,usedbyrefreservation tank/back',
    );
    const [used, ...parts] = counted.trim().split('\t').map(Number);
    expect(parts.reduce((sum, part) => sum + part)).toBe(used);
    expect(parts[2]).toBe(0);
    expect(receive('tank/tight', send('tank/a@one'))).toEqual(DONE);
    const referenced = Number(bench.zfsOut('get -Hp -o value referenced tank/tight'));
    bench.zfsOut(`set refquota=${referenced + (64 << 10)} tank/tight`);
    expect(receive('tank/tight', later).status).toBe(1);
    sameAs('tank/tight', 'tank/a@one');
    bench.zfsOut('set refquota=none tank/tight');
    expect(receive('tank/tight', later)).toEqual(DONE);
  });
});

test('a stream that ends with the system is undone at the next import; zdb is content before and after', {
  timeout: 600_000,
}, () => {
  expect(receive('tank/half', send('tank/a@one'))).toEqual(DONE);
  const later = send('-i one tank/a@two');
  bench.ok('cutReceive', 1);
  expect(receive('tank/half', later).status).toBe(1);
  expect(receive('tank/new', send('tank/a@one')).status).toBe(1);
  bench.ok('cutReceive', 0);
  bench.judge('tank');
  bench.import();
  sameAs('tank/half', 'tank/a@one');
  expect(bench.run('zfs list tank/new').status).toBe(1);
  expect(receive('tank/half', later)).toEqual(DONE);
  sameAs('tank/half', 'tank/a@two');
  bench.judge('tank');
});
