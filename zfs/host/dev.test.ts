import { readFileSync, writeFileSync, existsSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { test } from 'vitest';
import { loadZfs, memoryDisk } from '../../toolchain/zfs/host.ts';
const SPEC: Record<string, [string, number]> = { one: ['d0', 9], a12: ['d0', 12], mirror: ['mirror d0 d1', 9], raidz: ['raidz1 d0 d1 d2', 9], raidz12: ['raidz1 d0 d1 d2 d3', 12], two: ['d0 d1', 9] };
const which = process.env.SPEC ?? 'one';
const version = BigInt(process.env.POOLVER ?? '28');
test('pool', async () => {
  const dir = '/tmp/zt/p/';
  const datas = [0, 1, 2, 3].map(() => new Uint8Array(128 << 20));
  const zfs = await loadZfs(datas.map((d, i) => memoryDisk(dir + 'd' + i, d)), { notice: (t) => console.log(t) });
  const c = (n: string, ...v: (number | bigint | string | Uint8Array)[]) => { try { const r = zfs.call(n, ...v); if (r < 0) console.log(n, v[0], r); return r; } catch (e) { console.log(n, (e as Error).message, zfs.guest.aborted); throw e; } };
  const said = () => zfs.guest.text(zfs.guest.call('answer') as number);
  const [spec, ashift] = SPEC[which];
  const vdevs = spec.split(' ').map((w) => (/^d\d/.test(w) ? dir + w : w)).join(' ');
  c('createPoolOf', 'tank', version, vdevs, ashift);
  c('choose', 'tank');
  const F = BigInt(0o100644), D = BigInt(0o40755);
  c('makeFile', 'hello', F, '');
  c('writeFile', 'hello', 0n, Buffer.from('hello world\n'));
  const big = Buffer.alloc(1 << 20);
  for (let i = 0; i < big.length; i++) big[i] = (i * i) >> 7;
  let n = 0;
  for (const [name, comp, ck] of [['off', 2n, 7n], ['lzjb', 3n, 8n], ['zle', 14n, 6n]] as const) {
    c('createFs', 'tank/' + name);
    c('setNumber', 'tank/' + name, 'compression', comp);
    c('setNumber', 'tank/' + name, 'checksum', ck);
    c('choose', 'tank/' + name);
    c('makeFile', 'dir', D, '');
    c('makeFile', 'dir/big', F, '');
    for (let i = 0; i < 6; i++) c('writeFile', 'dir/big', BigInt(i << 20), big);
    c('writeFile', 'dir/big', BigInt(64 << 20), Buffer.from('far away'));
    for (let i = 0; i < 300; i++) { c('makeFile', `dir/file with a rather long name that needs a fat zap number ${i}`, F, ''); c('writeFile', `dir/file with a rather long name that needs a fat zap number ${i}`, 0n, Buffer.from(`text ${i}\n`.repeat(i))); n++; }
    c('makeFile', 'link', BigInt(0o120777), 'dir/big');
    c('makeFile', 'longlink', BigInt(0o120777), 'x'.repeat(144));
    c('snapshot', `tank/${name}@s1`);
    for (let i = 0; i < 300; i += 3) c('remove', `dir/file with a rather long name that needs a fat zap number ${i}`);
    c('truncate', 'dir/big', 3000000n);
    c('snapshot', `tank/${name}@s2`);
    c('writeFile', 'dir/big', 100n, Buffer.from('changed'));
    c('clone', `tank/${name}@s1`, `tank/${name}c`);
    c('choose', `tank/${name}c`);
    c('remove', 'dir/big');
    c('writeFile', 'dir/file with a rather long name that needs a fat zap number 299', 5n, big);
  }
  c('exportPool');
  datas.forEach((d, i) => { if (spec.includes('d' + i)) writeFileSync(dir + 'd' + i, d); });
  console.log('search', c('search', vdevs), said());
  console.log('import', c('importFound', 0, 1, 0xffffffffffffffffn), said());
  c('list'); console.log(said());
  c('choose', 'tank/lzjb@s1');
  c('describe', 'dir/big'); console.log(said());
  const h = createHash('md5'); for (let i = 0; i < 6; i++) { const r = zfs.read('readFile', 1 << 20, 'dir/big', BigInt(i << 20)); if (typeof r === 'number') console.log('read', r); else h.update(r); }
  const w = createHash('md5'); for (let i = 0; i < 6; i++) w.update(big);
  console.log(h.digest('hex'), w.digest('hex'));
  console.log(c('listDirectory', 'dir'));
  c('exportPool');
}, 120000);
