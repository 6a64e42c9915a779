// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccessSize } from '../bus/device.ts';
import { PortBus } from '../bus/portBus.ts';
import { FW_CFG_PORT, FW_CFG_PORTS, FwCfg } from './fwCfg.ts';
import { Ram } from './virtio/testBench.ts';

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'));

function bench() {
  const ram = new Ram(0x4_0000);
  const ports = new PortBus();
  const writes: string[] = [];
  const device = new FwCfg('fwcfg', ram);
  device.addItem(5, Uint8Array.of(1, 0));
  device.addFile('opt/b', { data: bytes('second') });
  device.addFile('etc/a', { data: bytes('first file') });
  device.addFile('etc/writable', {
    data: new Uint8Array(4),
    onWrite: (data) => writes.push(Buffer.from(data).toString('latin1')),
  });
  ports.map(FW_CFG_PORT, FW_CFG_PORTS, 'fw_cfg', device);
  const select = (key: number) => ports.write(0x510, 2, key);
  const take = (count: number) => Uint8Array.from({ length: count }, () => ports.read(0x511, 1));
  /** Section "Guest-side DMA interface": the descriptor at 1000h, then its address, high half first, both big-endian. */
  const dma = (control: number, length: number, address: number) => {
    const view = new DataView(ram.bytes.buffer);
    view.setUint32(0x1000, control);
    view.setUint32(0x1004, length);
    view.setBigUint64(0x1008, BigInt(address));
    ports.write(0x514, 4, 0);
    ports.write(0x518, 4, 0x0010_0000);
    return view.getUint32(0x1000);
  };
  return { ram, ports, device, writes, select, take, dma };
}

describe('ports', () => {
  test('signature, version and numbered items', () => {
    const { select, take } = bench();
    select(0);
    expect(take(6)).toEqual(bytes('QEMU\0\0'));
    select(1);
    expect(take(4)).toEqual(Uint8Array.of(3, 0, 0, 0));
    select(5);
    expect(take(2)).toEqual(Uint8Array.of(1, 0));
    select(0x7777);
    expect(take(2)).toEqual(Uint8Array.of(0, 0));
  });

  test('the directory lists files by name with sizes and numbers, big-endian', () => {
    const { select, take } = bench();
    select(0x19);
    const directory = take(4 + 3 * 64);
    const view = new DataView(directory.buffer);
    expect(view.getUint32(0)).toBe(3);
    const entries = [0, 1, 2].map((i) => {
      const at = 4 + 64 * i;
      const name = Buffer.from(directory.subarray(at + 8, at + 64))
        .toString('latin1')
        .replace(/\0+$/, '');
      return [name, view.getUint32(at), view.getUint16(at + 4)];
    });
    expect(entries).toEqual([
      ['etc/a', 10, 0x20],
      ['etc/writable', 4, 0x21],
      ['opt/b', 6, 0x22],
    ]);
    select(0x22);
    expect(take(6)).toEqual(bytes('second'));
  });

  test('the DMA register reads as its signature', () => {
    const { ports } = bench();
    expect(Buffer.from([0, 1, 2, 3, 4, 5, 6, 7].map((i) => ports.read(0x514 + i, 1))).toString()).toBe('QEMU CFG');
    expect(ports.read(0x514, 4)).toBe(0x554d4551);
  });
});

describe('DMA', () => {
  test('selects, skips and reads; zeros follow the end', () => {
    const { ram, dma } = bench();
    ram.bytes.fill(0xee, 0x2000, 0x2010);
    expect(dma((0x20 << 16) | 8 | 4, 6, 0)).toBe(0);
    expect(dma(2, 6, 0x2000)).toBe(0);
    expect(ram.bytes.slice(0x2000, 0x2007)).toEqual(bytes('file\0\0\xee'));
  });

  test('reads an item larger than any buffer of ours in one go', () => {
    const ram = new Ram(0x8_0000);
    const big = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251);
    const device = new FwCfg('fwcfg', ram);
    device.addFile('big', { data: big });
    ram.writeBytes(0, Uint8Array.of(0, 0x20, 0, 0x0a, 0, 3, 0x0d, 0x40, 0, 0, 0, 0, 0, 1, 0, 0));
    device.write(8, 4, 0);
    expect(Buffer.compare(ram.bytes.subarray(0x1_0000, 0x1_0000 + big.length), big)).toBe(0);
  });

  test('writes what is writable, in its bounds', () => {
    const { ram, dma, writes, select, take } = bench();
    ram.writeBytes(0x3000, bytes('wxyz'));
    expect(dma((0x21 << 16) | 8 | 16, 4, 0x3000)).toBe(0);
    expect(writes).toEqual(['wxyz']);
    select(0x21);
    expect(take(4)).toEqual(bytes('wxyz'));
    expect(dma((0x21 << 16) | 8 | 16, 5, 0x3000)).toBe(1);
    expect(dma((0x20 << 16) | 8 | 16, 1, 0x3000)).toBe(1);
    expect(dma((0x999 << 16) | 8 | 16, 1, 0x3000)).toBe(1);
    expect(writes.length).toBe(1);
  });
});

test('a snapshot continues in the middle of an item and keeps what was written', () => {
  const a = bench();
  a.ram.writeBytes(0x3000, bytes('kept'));
  a.dma((0x21 << 16) | 8 | 16, 4, 0x3000);
  a.select(0x20);
  a.take(3);
  const b = bench();
  b.device.load(structuredClone(a.device.save()));
  expect(b.take(4)).toEqual(bytes('st f'));
  b.select(0x21);
  expect(b.take(4)).toEqual(bytes('kept'));
});

test('mistakes of the machine are refused', () => {
  const { device, select, take } = bench();
  expect(() => device.addFile('x'.repeat(56), { data: bytes('') })).toThrow('longer than 55');
  select(0x19);
  take(1);
  expect(() => device.addFile('late', { data: bytes('') })).toThrow('after the machine has started');
});

test('no access throws', () => {
  const { ports, device, ram } = bench();
  const access = fc.tuple(
    fc.integer({ min: 0x50e, max: 0x51d }),
    fc.constantFrom<AccessSize>(1, 2, 4),
    fc.boolean(),
    fc.oneof(fc.integer({ min: 0, max: 0xffff_ffff }), fc.constantFrom(0x0010_0000, 0)),
  );
  fc.assert(
    fc.property(fc.array(access, { maxLength: 30 }), fc.uint8Array({ minLength: 16, maxLength: 16 }), (accesses, descriptor) => {
      descriptor.fill(0, 4, 7);
      ram.writeBytes(0x1000, descriptor);
      for (const [port, size, write, value] of accesses) {
        if (write) ports.write(port, size, value);
        else ports.read(port, size);
      }
      device.load(device.save());
    }),
  );
});
