// SPDX-License-Identifier: MIT
/** @fileoverview Window: what lies where in the physical address space, and which of the RAM is in use. */
import { BLOCK_CODE, BLOCK_EMPTY, type MemoryRegion } from '../../../emulator/machine/inspection.ts';
import type { Inspection } from '../../worker/messages.ts';
import { element, formatSize, make, svg } from '../dom.ts';

const COLUMNS = 64;
/** Pixels of the canvas between two cells. */
const GAP = 1;
/** CSS pixels that the window keeps free beside the map. */
const SIDES = 40;
const STRIP_WIDTH = 360;
const STRIP_HEIGHT = 46;
/** No region is drawn narrower: registers are tiny beside RAM. */
const NARROWEST = 9;

export class MemoryView {
  readonly #strip = svg('svg', { viewBox: `0 0 ${STRIP_WIDTH} ${STRIP_HEIGHT}`, class: 'strip-map', role: 'img' });
  readonly #regions = make('ul', { className: 'regions' });
  readonly #canvas = make('canvas', { className: 'grid-map', tabIndex: 0 });
  readonly #caption = make('p', { className: 'mono', textContent: 'Point at a cell, or move with the arrow keys.' });
  readonly #total = make('p', {});
  #blocks = new Uint8Array(0);
  #blockSize = 0;
  #chosen = -1;

  constructor() {
    this.#canvas.setAttribute('role', 'img');
    element('memory-view').replaceChildren(
      make('h2', { textContent: 'Memory' }),
      this.#total,
      this.#canvas,
      make('p', {
        className: 'quiet legend',
        innerHTML:
          '<i class="swatch empty"></i>zeros <i class="swatch used"></i>in use <i class="swatch executed"></i>code that has run',
      }),
      this.#caption,
      make('h3', { textContent: 'The address space' }),
      this.#strip,
      this.#regions,
    );
    this.#canvas.onpointermove = (event) => {
      const box = this.#canvas.getBoundingClientRect();
      const column = Math.floor(((event.clientX - box.left) / box.width) * COLUMNS);
      const row = Math.floor(((event.clientY - box.top) / box.height) * this.#rows);
      this.#choose(row * COLUMNS + column);
    };
    this.#canvas.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      this.#choose(Math.max(0, Math.min(this.#blocks.length - 1, this.#chosen + step)));
    };
  }

  show({ regions, blockSize, blocks }: NonNullable<Inspection['memory']>): void {
    this.#blocks = blocks as Uint8Array<ArrayBuffer>;
    this.#blockSize = blockSize;
    let used = 0;
    for (const block of blocks) if (block !== BLOCK_EMPTY) used++;
    this.#total.textContent = `${formatSize(used * blockSize)} of ${formatSize(blocks.length * blockSize)} hold something; a cell is ${formatSize(blockSize)}.`;
    this.#canvas.ariaLabel = `Map of RAM: ${formatSize(used * blockSize)} in use`;
    this.#draw();
    this.#drawStrip(regions);
  }

  get #rows(): number {
    return Math.max(1, Math.ceil(this.#blocks.length / COLUMNS));
  }

  #draw(): void {
    const canvas = this.#canvas;
    // Whole pixels of the screen, lest the gaps be uneven.
    const available = (canvas.parentElement!.clientWidth - SIDES) * devicePixelRatio;
    const cell = Math.max(3, Math.floor(available / COLUMNS));
    const [width, height] = [COLUMNS * cell, this.#rows * cell];
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    canvas.style.width = `${width / devicePixelRatio}px`;
    const style = getComputedStyle(canvas);
    const colour = (name: string): string => style.getPropertyValue(`--cell-${name}`);
    const colours = ['empty', 'used', 'code'].map(colour);
    const context = canvas.getContext('2d')!;
    context.clearRect(0, 0, width, height);
    for (const [index, block] of this.#blocks.entries()) {
      context.fillStyle = colours[block];
      context.fillRect((index % COLUMNS) * cell, Math.floor(index / COLUMNS) * cell, cell - GAP, cell - GAP);
    }
    if (this.#chosen < 0) return;
    context.strokeStyle = style.color;
    context.lineWidth = 2;
    context.strokeRect((this.#chosen % COLUMNS) * cell - 1, Math.floor(this.#chosen / COLUMNS) * cell - 1, cell + 1, cell + 1);
  }

  #choose(index: number): void {
    if (index < 0 || index >= this.#blocks.length) return;
    this.#chosen = index;
    const from = index * this.#blockSize;
    const what = this.#blocks[index] === BLOCK_CODE ? 'code that has run' : this.#blocks[index] ? 'in use' : 'zeros';
    this.#caption.textContent = `${hex(from)} – ${hex(from + this.#blockSize - 1)}: ${what}`;
    this.#draw();
  }

  #drawStrip(regions: readonly MemoryRegion[]): void {
    // Widths by the logarithm of the size: a register block of 1 KiB and 512 MiB of RAM are to be seen on one strip.
    const weights = regions.map(({ length }) => Math.log2(length));
    const sum = weights.reduce((all, weight) => all + weight, 0);
    const free = STRIP_WIDTH - regions.length * NARROWEST;
    let x = 0;
    const parts = regions.map((region, index) => {
      const width = NARROWEST + (weights[index] / sum) * free;
      const kind = region.name === 'ram' ? 'ram' : 'device';
      const part = svg(
        'g',
        {},
        svg('title', {}, `${region.name}: ${hex(region.base)}, ${formatSize(region.length)}`),
        svg('rect', { x: x + 0.5, y: 6, width: width - 2, height: 26, rx: 3, class: kind }),
        svg('text', { x: x + width / 2 - 0.5, y: 44, class: 'tick' }, String(index + 1)),
      );
      x += width;
      return part;
    });
    this.#strip.replaceChildren(svg('title', {}, 'Regions of the physical address space'), ...parts);
    this.#regions.replaceChildren(
      ...regions.map(({ name, base, length }, index) =>
        make(
          'li',
          {},
          make('span', { className: 'quiet', textContent: String(index + 1) }),
          make('b', { textContent: name }),
          make('span', { className: 'mono', textContent: hex(base) }),
          make('span', { className: 'quiet', textContent: formatSize(length) }),
        ),
      ),
    );
  }
}

const hex = (address: number): string => address.toString(16).padStart(9, '0');
