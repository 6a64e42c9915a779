// SPDX-License-Identifier: MIT
/**
 * @fileoverview Loading: what each protocol promises the kernel, refusals, and that no image whatever causes another error.
 * That real kernels accept the result is shown by the tests with QEMU beside this one.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BootImageError } from './bootError.ts';
import { type BootKind, type BootOptions, loadBootImage } from './bootImage.ts';
import { ByteWriter } from './bytes.ts';
import { SparseRam } from './guestRam.ts';

const MIB = 2 ** 20;

interface BzImage {
  version?: number;
  setupSectors?: number;
  loadflags?: number;
  alignment?: number;
  relocatable?: number;
  minimumAlignment?: number;
  xloadflags?: number;
  commandLineSize?: number;
  preferred?: bigint;
  initSize?: number;
  initrdMax?: number;
}

/** A bzImage by the boot protocol's table of fields; its protected-mode code is 4 KiB of 90h. */
function bzImage(fields: BzImage = {}): Uint8Array {
  const sectors = fields.setupSectors ?? 4;
  const image = new Uint8Array((sectors + 1) * 512 + 4096).fill(0x90, (sectors + 1) * 512);
  const view = new DataView(image.buffer);
  view.setUint8(0x1f1, sectors);
  view.setUint32(0x1f4, 4096 / 16, true);
  view.setUint16(0x1fe, 0xaa55, true);
  view.setUint16(0x200, 0x6aeb, true);
  view.setUint32(0x202, 0x53726448, true);
  view.setUint16(0x206, fields.version ?? 0x20f, true);
  view.setUint8(0x211, fields.loadflags ?? 1);
  view.setUint32(0x22c, fields.initrdMax ?? 0x7fff_ffff, true);
  view.setUint32(0x230, fields.alignment ?? 0x20_0000, true);
  view.setUint8(0x234, fields.relocatable ?? 1);
  view.setUint8(0x235, fields.minimumAlignment ?? 21);
  view.setUint16(0x236, fields.xloadflags ?? 1, true);
  view.setUint32(0x238, fields.commandLineSize ?? 2047, true);
  view.setBigUint64(0x258, fields.preferred ?? 0x100_0000n, true);
  view.setUint32(0x260, fields.initSize ?? 3 * MIB, true);
  return image;
}

interface Segment {
  address: number;
  bytes: number[];
  memorySize?: number;
}

/** An ELF executable with the given segments, and a PVH note if `pvh` is an address. */
function elf(bits: 32 | 64, entry: number, segments: Segment[], pvh?: number): Uint8Array {
  const wide = bits === 64;
  const headerSize = wide ? 64 : 52;
  const entrySize = wide ? 56 : 32;
  const noteCount = pvh === undefined ? 0 : 1;
  let offset = headerSize + entrySize * (segments.length + noteCount);
  const word = (out: ByteWriter, ...values: number[]) => (wide ? out.u64(...values) : out.u32(...values));
  const out = new ByteWriter()
    .u8(0x7f)
    .text('ELF')
    .u8(wide ? 2 : 1, 1, 1)
    .zeros(9)
    .u16(2, wide ? 62 : 3)
    .u32(1);
  word(out, entry, headerSize, 0);
  out.u32(0).u16(headerSize, entrySize, segments.length + noteCount, 0, 0, 0);
  const contents = new ByteWriter();
  const header = (type: number, address: number, bytes: number[], memorySize: number) => {
    out.u32(type);
    if (wide) out.u32(7);
    word(out, offset, address, address, bytes.length, memorySize);
    if (!wide) out.u32(7);
    word(out, 4);
    offset += bytes.length;
    contents.bytes(bytes);
  };
  for (const { address, bytes, memorySize } of segments) header(1, address, bytes, memorySize ?? bytes.length);
  if (pvh !== undefined) header(4, 0, [...new ByteWriter().u32(4, 4, 18).text('Xen', 4).u32(pvh).finish()], 0);
  return out.bytes(contents.finish()).finish();
}

function multiboot1Header(flags: number, ...addresses: number[]): number[] {
  return [
    ...new ByteWriter()
      .u32(0x1badb002, flags, -(0x1badb002 + flags))
      .u32(...addresses)
      .finish(),
  ];
}

function multiboot2Header(...tags: number[][]): number[] {
  const body = new ByteWriter();
  for (const [type, flags, ...words] of [...tags, [0, 0]])
    body
      .u16(type, flags)
      .u32(8 + 4 * words.length)
      .u32(...words)
      .align(8);
  const length = 16 + body.length;
  return [
    ...new ByteWriter()
      .u32(0xe85250d6, 0, length, -(0xe85250d6 + length))
      .bytes(body.finish())
      .finish(),
  ];
}

function load(image: Uint8Array, options: BootOptions = {}, ramSize = 64 * MIB) {
  const ram = new SparseRam(ramSize);
  const result = loadBootImage(ram, image, options);
  const u32 = (address: number) => new DataView(ram.read(address, 4).buffer).getUint32(0, true);
  const text = (address: number) => String.fromCharCode(...ram.read(address, 256)).split('\0')[0];
  return { ram, u32, text, ...result };
}

describe('Linux', () => {
  test('the 64-bit entry is taken with an identity map, boot parameters in RSI', () => {
    const initrd = new Uint8Array(5000).fill(7);
    const { kind, entry, ram, u32, text } = load(bzImage(), {
      commandLine: 'console=ttyS0',
      modules: [{ contents: initrd }],
      rsdp: 0xf0000,
    });
    expect(kind).toBe('linux');
    expect(entry).toMatchObject({ mode: 'long64', rip: 0x100_0200, rflags: 2, efer: 0x500, cr4: 0x20, cr0: 0x8000_0011 });
    expect(entry.segments.cs).toEqual({ selector: 0x10, base: 0, limit: 0xffff_ffff, attributes: 0xa9b });
    expect(entry.segments.ss).toEqual({ selector: 0x18, base: 0, limit: 0xffff_ffff, attributes: 0xc93 });
    expect(ram.read(entry.gdtr.base + 0x10, 16)).toEqual(
      Uint8Array.of(0xff, 0xff, 0, 0, 0, 0x9b, 0xaf, 0, 0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0),
    );
    expect(ram.read(0x100_0000, 2)).toEqual(Uint8Array.of(0x90, 0x90));

    const zeroPage = entry.registers.rsi;
    expect(u32(zeroPage + 0x202)).toBe(0x53726448);
    expect(text(u32(zeroPage + 0x228))).toBe('console=ttyS0');
    expect(u32(zeroPage + 0x070)).toBe(0xf0000);
    expect(ram.read(u32(zeroPage + 0x218), u32(zeroPage + 0x21c))).toEqual(initrd);
    expect(ram.read(zeroPage + 0x210, 1)[0]).toBe(0xff);
    expect(ram.read(zeroPage + 0x1e8, 1)[0]).toBe(7);

    // Walk the page tables for an address near 4 GiB: PML4, PDPT, directory, 2 MiB page.
    const walk = [0, 3, 511].reduce((table, index) => u32((table & ~0xfff) + index * 8), entry.cr3);
    expect(walk >>> 0).toBe(0xffe0_0083);
  });

  test('without XLF_KERNEL_64 the 32-bit entry is taken', () => {
    const { entry } = load(bzImage({ xloadflags: 0 }));
    expect(entry).toMatchObject({ mode: 'protected32', rip: 0x100_0000, cr0: 0x11, cr4: 0, efer: 0 });
    expect(entry.segments.cs.attributes).toBe(0xc9b);
  });

  test('a relocatable kernel moves where its preferred address does not fit', () => {
    const { entry } = load(bzImage({ preferred: 0x1000_0000n }));
    expect(entry.rip).toBe(0x20_0000 + 0x200);
  });

  test('setup data is chained from the header', () => {
    const setupData = [
      { type: 9, data: Uint8Array.of(1, 2, 3) },
      { type: 5, data: Uint8Array.of(4) },
    ];
    const { entry, u32, ram } = load(bzImage(), { setupData });
    const first = u32(entry.registers.rsi + 0x250);
    expect([u32(first + 8), u32(first + 12), ...ram.read(first + 16, 3)]).toEqual([9, 3, 1, 2, 3]);
    const second = u32(first);
    expect([u32(second), u32(second + 8), u32(second + 12)]).toEqual([0, 5, 1]);
  });

  test('the last paragraph of the code need not be whole', () => {
    const image = bzImage();
    const { ram } = load(image.subarray(0, image.length - 15));
    expect([...ram.read(0x100_0000 + 4095 - 15, 2)]).toEqual([0x90, 0]);
    expect(() => load(image.subarray(0, image.length - 16))).toThrow('truncated');
  });

  test('initrd_addr_max is obeyed', () => {
    const { entry, u32 } = load(bzImage({ initrdMax: 0x17f_ffff }), { modules: [{ contents: new Uint8Array(100) }] });
    expect(u32(entry.registers.rsi + 0x218)).toBe(0x17f_f000);
  });

  test.each<[string, Uint8Array, BootOptions, RegExp]>([
    ['truncated', bzImage().subarray(0, 4000), {}, /^kernel: truncated: needs 6656 bytes, has 4000$/],
    ['old protocol', bzImage({ version: 0x205 }), {}, /^kernel: boot protocol 2.05 is older than 2.06$/],
    ['zImage', bzImage({ loadflags: 0 }), {}, /zImage/],
    ['too large for RAM', bzImage({ initSize: 65 * MIB }), {}, /^kernel of 65 MiB does not fit into 64 MiB of RAM$/],
    ['fixed address outside RAM', bzImage({ relocatable: 0, preferred: 0x4000_0000n }), {}, /^kernel needs memory at 0x40000000/],
    ['impossible alignment', bzImage({ alignment: 0 }), {}, /alignment/],
    [
      'initrd larger than RAM',
      bzImage(),
      { modules: [{ contents: new Uint8Array(70 * MIB) }] },
      /^initrd of 70 MiB does not fit into 64 MiB of RAM$/,
    ],
    ['long command line', bzImage({ commandLineSize: 10 }), { commandLine: 'console=ttyS0' }, /^command line of 13 bytes/],
    ['several initrds', bzImage(), { modules: [{ contents: new Uint8Array(1) }, { contents: new Uint8Array(1) }] }, /one initrd/],
  ])('refused: %s', (_, image, options, message) => {
    expect(() => load(image, options)).toThrow(message);
    expect(() => load(image, options)).toThrow(BootImageError);
  });
});

describe('PVH', () => {
  test.each([32, 64] as const)('ELF%d: start info with command line, modules, RSDP and memory map', (bits) => {
    const image = elf(bits, 0xdead, [{ address: 0x10_0000, bytes: [1, 2, 3], memorySize: 0x3000 }], 0x10_0001);
    const modules = [{ contents: Uint8Array.of(5, 6), commandLine: 'one' }];
    const { kind, entry, ram, u32, text } = load(image, { commandLine: 'hello', modules, rsdp: 0xf0000 });
    expect(kind).toBe('pvh');
    expect(entry).toMatchObject({ mode: 'protected32', rip: 0x10_0001, cr0: 0x11 });
    expect(entry.segments.tr).toEqual({ selector: 0x20, base: 0, limit: 0x67, attributes: 0x8b });
    const info = entry.registers.rbx;
    expect([u32(info), u32(info + 4), u32(info + 12)]).toEqual([0x336ec578, 1, 1]);
    const module = u32(info + 16);
    expect(ram.read(u32(module), u32(module + 8))).toEqual(Uint8Array.of(5, 6));
    expect(text(u32(module + 16))).toBe('one');
    expect(text(u32(info + 24))).toBe('hello');
    expect(u32(info + 32)).toBe(0xf0000);
    expect(u32(info + 48)).toBe(7);
    expect([u32(u32(info + 40) + 8), u32(u32(info + 40) + 16)]).toEqual([0x9fc00, 1]);
    expect(ram.read(0x10_0000, 4)).toEqual(Uint8Array.of(1, 2, 3, 0));
  });

  test('refused: entry outside, segment over firmware tables, overlapping segments', () => {
    const at = (address: number) => ({ address, bytes: [1, 2, 3, 4] });
    expect(() => load(elf(64, 0, [at(0x10_0000)], 0x20_0000))).toThrow(
      /^ELF kernel: PVH entry point 0x200000 is outside the image$/,
    );
    expect(() => load(elf(64, 0, [at(0xf_0000)], 0xf_0000))).toThrow(/^ELF kernel needs memory at 0xf0000-0xf0003/);
    expect(() => load(elf(64, 0, [at(0x10_0000), at(0x10_0002)], 0x10_0000))).toThrow(/not free/);
  });
});

describe('multiboot 1', () => {
  test('an ELF kernel gets magic, command line, modules and memory map', () => {
    const image = elf(32, 0x10_000c, [{ address: 0x10_0000, bytes: [...multiboot1Header(7), 0xf4] }]);
    const modules = [{ contents: Uint8Array.of(9), commandLine: 'mod' }];
    const { kind, entry, u32, text, ram } = load(image, { commandLine: 'a b', imageName: 'k', modules });
    expect(kind).toBe('multiboot1');
    expect(entry).toMatchObject({ mode: 'protected32', rip: 0x10_000c, registers: { rax: 0x2badb002 } });
    const info = entry.registers.rbx;
    expect(u32(info)).toBe(0x124d);
    expect([u32(info + 4), u32(info + 8)]).toEqual([639, 63 * 1024 - 128]);
    expect(text(u32(info + 16))).toBe('k a b');
    const module = u32(info + 24);
    expect(ram.read(u32(module), u32(module + 4) - u32(module))).toEqual(Uint8Array.of(9));
    expect(text(u32(module + 8))).toBe('mod');
    expect([u32(info + 44), u32(u32(info + 48))]).toEqual([7 * 24, 20]);
    expect([u32(info + 88), ram.read(info + 109, 1)[0]]).toEqual([0xb8000, 2]);
  });

  test('load addresses in the header place a flat image and its bss', () => {
    const header = multiboot1Header(0x10000, 0x20_0004, 0x20_0000, 0x20_0030, 0x20_1000, 0x20_0024);
    const { entry, ram } = load(Uint8Array.from([1, 1, 1, 1, ...header, ...new Array(32).fill(0xaa)]));
    expect(entry.rip).toBe(0x20_0024);
    expect([...ram.read(0x20_002e, 4)]).toEqual([0xaa, 0xaa, 0, 0]);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['unknown demand', Uint8Array.from(multiboot1Header(8)), /^multiboot kernel: demands unknown features 0x8$/],
    ['flat without addresses', Uint8Array.from(multiboot1Header(0)), /neither ELF nor load addresses/],
    ['load after header', Uint8Array.from(multiboot1Header(0x10000, 0x20_0000, 0x20_1000, 0, 0, 0)), /does not fit the header/],
    ['file too short', Uint8Array.from(multiboot1Header(0x10000, 0x20_0000, 0x20_0000, 0x20_9000, 0, 0x20_0000)), /truncated/],
    ['bss before end', Uint8Array.from(multiboot1Header(0x10000, 0x20_0000, 0x20_0000, 0, 0x20_0001, 0x20_0000)), /out of order/],
    [
      'entry outside',
      Uint8Array.from(multiboot1Header(0x10000, 0x20_0000, 0x20_0000, 0, 0, 0x30_0000)),
      /entry point 0x300000 is outside/,
    ],
  ])('refused: %s', (_, image, message) => {
    expect(() => load(image)).toThrow(message);
  });
});

describe('multiboot 2', () => {
  const tags = (ram: SparseRam, info: number) => {
    const view = new DataView(ram.read(info, 4096).buffer);
    const found: [number, number][] = [];
    for (let at = 8; at < view.getUint32(0, true); at = (at + view.getUint32(at + 4, true) + 7) & ~7) {
      found.push([view.getUint32(at, true), info + at + 8]);
    }
    return found;
  };

  test('an ELF64 kernel gets the tags it asks for, the RSDP copied', () => {
    const header = multiboot2Header([1, 0, 1, 4, 6, 14, 15], [10, 0, 0, 0xffff_ffff, 4096, 0], [5, 1, 80, 25, 0]);
    const image = elf(64, 0x10_0000, [{ address: 0x10_0000, bytes: header }]);
    const rsdp = new Uint8Array(36).fill(0x33);
    const ram = new SparseRam(64 * MIB);
    ram.write(0xf0000, rsdp);
    const { kind, entry } = loadBootImage(ram, image, {
      commandLine: 'x',
      rsdp: 0xf0000,
      modules: [{ contents: rsdp, commandLine: 'm' }],
    });
    expect(kind).toBe('multiboot2');
    expect(entry.registers).toMatchObject({ rax: 0x36d76289 });
    const found = tags(ram, entry.registers.rbx);
    expect(found.map(([type]) => type)).toEqual([1, 2, 3, 4, 6, 8, 14, 15, 21, 0]);
    const at = Object.fromEntries(found);
    expect(String.fromCharCode(...ram.read(at[1], 9))).toBe('kernel x\0');
    expect(ram.read(at[15], 36)).toEqual(rsdp);
    expect([...ram.read(at[21], 4)]).toEqual([0, 0, 0x10, 0]);
  });

  test('address and entry tags place a flat image', () => {
    const header = multiboot2Header([2, 0, 0x20_0000, 0x20_0000, 0, 0], [3, 0, 0x20_0010]);
    expect(load(Uint8Array.from(header)).entry.rip).toBe(0x20_0010);
  });

  test('refused: demands that cannot be met, unless optional', () => {
    const image = (...header: number[][]) => elf(64, 0x10_0000, [{ address: 0x10_0000, bytes: multiboot2Header(...header) }]);
    expect(() => load(image([1, 0, 12]))).toThrow(/^multiboot2 kernel: demands unknown information 12$/);
    expect(load(image([1, 1, 12])).kind).toBe('multiboot2');
    expect(() => load(image([7, 0]))).toThrow(/^multiboot2 kernel: demands unknown feature 7$/);
    expect(load(image([7, 1])).kind).toBe('multiboot2');
  });
});

describe('any bytes', () => {
  const originals: [BootKind, Uint8Array][] = [
    ['linux', bzImage()],
    ['pvh', elf(64, 0, [{ address: 0x10_0000, bytes: [1, 2, 3], memorySize: 0x2000 }], 0x10_0000)],
    ['pvh', elf(32, 0, [{ address: 0x10_0000, bytes: [1, 2, 3] }], 0x10_0000)],
    ['multiboot1', elf(32, 0x10_0000, [{ address: 0x10_0000, bytes: multiboot1Header(7) }])],
    ['multiboot1', Uint8Array.from(multiboot1Header(0x10007, 0x20_0000, 0x20_0000, 0, 0x20_1000, 0x20_0000))],
    ['multiboot2', elf(64, 0x10_0000, [{ address: 0x10_0000, bytes: multiboot2Header([1, 0, 4], [4, 0, 1]) }])],
    ['multiboot2', Uint8Array.from(multiboot2Header([2, 0, 0x20_0000, 0x20_0000, 0, 0], [3, 0, 0x20_0000]))],
  ];

  function loadsOrRefuses(image: Uint8Array, kind?: BootKind): void {
    try {
      loadBootImage(new SparseRam(32 * MIB), image, { kind, commandLine: 'x', modules: [{ contents: new Uint8Array(3) }] });
    } catch (error) {
      if (!(error instanceof BootImageError)) throw error;
      expect(error.message).toMatch(/^[ -~]{1,200}$/);
    }
  }

  test.each(originals)('%s: every truncation is refused or loads', (kind, image) => {
    for (let length = 0; length < image.length; length += length < 1200 ? 1 : 97) {
      loadsOrRefuses(image.subarray(0, length));
      loadsOrRefuses(image.subarray(0, length), kind);
    }
  });

  const interesting = fc.constantFrom(0, 1, 0x7f, 0x80, 0xff);
  const byte = fc.oneof(interesting, fc.integer({ min: 0, max: 255 }));
  test.each(originals)('%s: mutations never cause another error', (kind, image) => {
    const reach = Math.min(image.length, 0x280);
    const mutation = fc.tuple(fc.integer({ min: 0, max: reach - 1 }), fc.array(byte, { minLength: 1, maxLength: 8 }));
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), (mutations) => {
        const mutated = image.slice();
        for (const [offset, bytes] of mutations) mutated.set(bytes.slice(0, image.length - offset), offset);
        loadsOrRefuses(mutated);
        loadsOrRefuses(mutated, kind);
      }),
      { numRuns: 1500 },
    );
  });

  test('nothing bootable', () => {
    expect(() => load(new Uint8Array(0))).toThrow(/^kernel: the file is empty$/);
    expect(() => load(new Uint8Array(10000))).toThrow(/^kernel: neither/);
  });
});
