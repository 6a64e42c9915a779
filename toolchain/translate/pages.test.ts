// SPDX-License-Identifier: MIT
/** Where functions come to lie. */
import { describe, expect, it } from 'vitest';
import { decodeModule } from '../wasm/decode.ts';
import { ModuleWriter } from '../wasm/encode.ts';
import { CODE_PAGE, packPages } from './pages.ts';
import { translate } from './translate.ts';

const pageOf = (pages: number[][], place: number): number => pages.findIndex((page) => page.includes(place));

describe('packing', () => {
  it('puts who calls whom into one page, whatever the order', () => {
    // 0 and 3, 1 and 2 call each other, and there is room for two in a page.
    const functions = [{ calls: [3] }, { calls: [2] }, { calls: [] }, { calls: [] }].map((f) => ({ ...f, size: 1800 }));
    const pages = packPages(functions);
    expect(pages.length).toBe(2);
    expect(pageOf(pages, 0)).toBe(pageOf(pages, 3));
    expect(pageOf(pages, 1)).toBe(pageOf(pages, 2));
  });

  it('prefers the callee that has no other caller', () => {
    const functions = [
      { size: 2000, calls: [1, 2] },
      { size: 2000, calls: [] },
      { size: 2000, calls: [] },
      { size: 4000, calls: [1] },
    ];
    const pages = packPages(functions);
    expect(pageOf(pages, 0)).toBe(pageOf(pages, 2));
  });

  it('has each function once, and fills what a large one leaves', () => {
    const sizes = [9000, 40, 3000, 2500, 4096, 4095, 1, 600, 1500, 3200];
    const pages = packPages(sizes.map((size) => ({ size, calls: [] })));
    expect(pages.flat().sort((a, b) => a - b)).toEqual(sizes.map((_, i) => i));
    expect(pageOf(pages, 9)).toBe(pageOf(pages, 0));
    for (const page of pages) {
      const bytes = page.reduce((sum, place) => sum + Math.ceil(sizes[place] / 16) * 16, 0);
      expect(bytes).toBeLessThanOrEqual(page[0] === 0 ? 3 * CODE_PAGE : CODE_PAGE);
    }
  });
});

it('no function is in two pages that fits one', () => {
  const writer = new ModuleWriter();
  for (let f = 0; f < 60; f++) {
    writer.function({ parameters: ['i32'], result: 'i32' }, [], (code) => {
      code.op('local.get', 0);
      for (let i = 0; i < 20 + 7 * (f % 30); i++)
        code.constant('i32', BigInt(1000003 * (i + f))).op(i % 2 ? 'i32.xor' : 'i32.mul');
      if (f) code.op('call', f - 1);
    });
  }
  const { symbols, sections } = translate(decodeModule(writer.finish()), { addressing: 'zero' });
  const functions = symbols.filter(({ kind, local }) => kind === 'function' && local);
  expect(functions.length).toBe(60);
  expect(sections[0]).toMatchObject({ executable: true, alignment: CODE_PAGE });
  for (const { name, offset, size } of functions) {
    expect(Math.floor(offset / CODE_PAGE), name).toBe(Math.floor((offset + size - 1) / CODE_PAGE));
  }
  expect(sections[0].bytes.length).toBeGreaterThan(4 * CODE_PAGE);
});
