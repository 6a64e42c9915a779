import { writeFileSync } from 'node:fs';
import { test } from 'vitest';
import { loadZfs, memoryDisk } from '../../toolchain/zfs/host.ts';
test('pool', async () => {
  const disk = new Uint8Array(128 << 20);
  const zfs = await loadZfs([memoryDisk('/tmp/zt/p/d0', disk)], { notice: (t) => console.log(t) });
  const c = (n: string, ...v: (number | bigint | string | Uint8Array)[]) => { try { const r = zfs.call(n, ...v); console.log(n, r); return r; } catch (e) { console.log((e as Error).message, zfs.guest.aborted); throw e; } };
  c('create', 'tank', 28n, '/tmp/zt/p/d0', 9);
  c('makeFile', 'hello', BigInt(0o100644));
  c('writeFile', 'hello', 0n, Buffer.from('hello world\n'));
  c('makeFile', 'dir', BigInt(0o40755));
  c('makeFile', 'dir/big', BigInt(0o100644));
  const big = Buffer.alloc(1 << 20);
  for (let i = 0; i < big.length; i++) big[i] = (i * i) >> 7;
  for (let i = 0; i < 10; i++) c('writeFile', 'dir/big', BigInt(i << 20), big);
  c('sync');
  c('exportPool');
  writeFileSync('/tmp/zt/p/d0', disk);
}, 120000);
