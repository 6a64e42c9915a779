// SPDX-License-Identifier: MIT
/**
 * @fileoverview Window: the devices as they are wired. On the left each device with its registers' traffic, on the right the interrupt lines; a wire
 * glows when its line was raised since the last look. Below, the vectors through which processors were interrupted.
 */
import { type DeviceInspection, LINE_NAMES } from '../../../emulator/machine/inspection.ts';
import type { Inspection } from '../../worker/messages.ts';
import { element, formatCount, make, svg } from '../dom.ts';

const ROW = 19;
const WIDTH = 376;
const NAME_WIDTH = 128;
const BAR_AT = 134;
const BAR_WIDTH = 96;
const BUS_AT = 246;
const LINE_AT = 296;
const LINES = 24;
/** Lines of PCI are shown when they have been used. */
const FIRST_PCI_LINE = 16;

/** Which of the lines a device drives (`board.ts`). */
const LINE_OF: Record<string, number> = {
  pit: 0,
  hpet: 0,
  'i8042-data': 1,
  serial1: 3,
  serial0: 4,
  rtc: 8,
  apm: 9,
};

export class DevicesView {
  readonly #drawing = svg('svg', { class: 'wiring', role: 'img' });
  readonly #vectors = make('div', { className: 'vectors' });
  readonly #list = make('details', {}, make('summary', { textContent: 'Ports and addresses' }));
  readonly #table = make('ul', { className: 'regions' });
  #before = new Map<string, number>();
  #linesBefore: number[] = [];
  #vectorsBefore: number[][] = [];

  constructor() {
    this.#list.append(this.#table);
    element('devices').replaceChildren(
      make('h2', { textContent: 'Devices' }),
      make('p', {
        className: 'quiet',
        textContent: 'Bars: register accesses since the last look. Lines glow when they are raised.',
      }),
      this.#drawing,
      make('h3', { textContent: 'Interrupts by vector' }),
      this.#vectors,
      this.#list,
    );
  }

  show({ devices, interrupts }: NonNullable<Inspection['devices']>): void {
    this.#draw(devices, interrupts.lines);
    this.#drawVectors(interrupts.vectors);
    if (this.#list.open || this.#table.childElementCount === 0) this.#fillTable(devices);
  }

  #draw(devices: readonly DeviceInspection[], lines: readonly number[]): void {
    const used = Array.from({ length: LINES }, (_, line) => line).filter(
      (line) => (LINE_NAMES[line] && line < FIRST_PCI_LINE) || lines[line] > 0,
    );
    const height = Math.max(devices.length, used.length) * ROW + 8;
    const y = (row: number): number => row * ROW + ROW / 2 + 4;
    const lineStep = (height - 8) / used.length;
    const lineY = (line: number): number => used.indexOf(line) * lineStep + lineStep / 2 + 4;
    this.#drawing.setAttribute('viewBox', `0 0 ${WIDTH} ${height}`);
    const parts: SVGElement[] = [
      svg('title', {}, `${devices.length} devices and ${used.length} interrupt lines`),
      svg('rect', { x: BUS_AT - 3, y: 4, width: 6, height: height - 8, rx: 3, class: 'bus' }),
    ];
    for (const [row, device] of devices.entries()) {
      const total = device.reads + device.writes;
      const fresh = total - (this.#before.get(device.name) ?? total);
      this.#before.set(device.name, total);
      // By the logarithm: a disk has thousands of accesses where a keyboard has three.
      const width = fresh > 0 ? Math.min(BAR_WIDTH, 8 + Math.log2(1 + fresh) * 6) : 0;
      parts.push(
        svg(
          'g',
          { class: fresh > 0 ? 'device busy' : 'device' },
          svg('title', {}, `${device.name}: ${device.reads} reads, ${device.writes} writes`),
          svg('circle', { cx: 5, cy: y(row), r: 3.5 }),
          svg('text', { x: 14, y: y(row) + 4 }, device.name),
          svg('line', { x1: NAME_WIDTH, x2: BUS_AT, y1: y(row), y2: y(row), class: 'wire' }),
          svg('rect', { x: BAR_AT, y: y(row) - 4, width, height: 8, rx: 4, class: 'bar' }),
        ),
      );
      const line = LINE_OF[device.name];
      if (line !== undefined) parts.push(this.#wire(y(row), lineY(line), this.#raised(line, lines)));
    }
    for (const line of used) {
      parts.push(
        svg(
          'g',
          { class: this.#raised(line, lines) ? 'line busy' : 'line' },
          svg('title', {}, `Interrupt ${line}: raised ${lines[line]} times`),
          svg('circle', { cx: LINE_AT, cy: lineY(line), r: 4 }),
          svg('text', { x: LINE_AT + 9, y: lineY(line) + 4 }, `${line} ${LINE_NAMES[line]}`),
        ),
      );
    }
    this.#drawing.replaceChildren(...parts);
    this.#linesBefore = [...lines];
  }
  #raised(line: number, lines: readonly number[]): boolean {
    return lines[line] > (this.#linesBefore[line] ?? lines[line]);
  }
  #wire(from: number, to: number, busy: boolean): SVGElement {
    const d = `M${BUS_AT + 4} ${from}C${BUS_AT + 26} ${from} ${LINE_AT - 26} ${to} ${LINE_AT - 5} ${to}`;
    return svg('path', { d, class: busy ? 'irq busy' : 'irq' });
  }

  #drawVectors(vectors: readonly number[][]): void {
    this.#vectors.replaceChildren(
      ...vectors.map((counts, cpu) => {
        const most = Math.max(1, ...counts);
        const cells = counts.map((count, vector) => {
          const fresh = count > (this.#vectorsBefore[cpu]?.[vector] ?? count);
          const cell = svg(
            'rect',
            {
              ...{ x: (vector % 16) * 11, y: (vector >> 4) * 11, width: 10, height: 10, rx: 2 },
              class: fresh ? 'vector fresh' : count > 0 ? 'vector used' : 'vector',
              style: count > 0 ? `--heat: ${(0.3 + (0.7 * Math.log2(1 + count)) / Math.log2(1 + most)).toFixed(2)}` : '',
            },
            svg('title', {}, `Vector ${vector.toString(16)}h: ${count}`),
          );
          return cell;
        });
        const total = counts.reduce((sum, count) => sum + count, 0);
        const map = svg(
          'svg',
          { viewBox: '0 0 176 176', role: 'img' },
          svg('title', {}, `CPU ${cpu}: ${total} interrupts`),
          ...cells,
        );
        const busiest = counts
          .map((count, vector) => ({ count, vector }))
          .filter(({ count }) => count > 0)
          .sort((a, b) => b.count - a.count)
          .slice(0, 6);
        const list = make(
          'ul',
          { className: 'mono' },
          ...busiest.map(({ count, vector }) =>
            make('li', { textContent: `${vector.toString(16).padStart(2, '0')}h ${formatCount(count)}` }),
          ),
        );
        return make('figure', {}, map, make('figcaption', {}, make('b', { textContent: `CPU ${cpu}` }), list));
      }),
    );
    this.#vectorsBefore = vectors.map((counts) => [...counts]);
  }

  #fillTable(devices: readonly DeviceInspection[]): void {
    const range = ({ base, length }: { base: number; length: number }, digits: number): string =>
      `${base.toString(16).padStart(digits, '0')}–${(base + length - 1).toString(16).padStart(digits, '0')}`;
    this.#table.replaceChildren(
      ...devices.map(({ name, ports, addresses }) => {
        const places = [...ports.map((place) => range(place, 4)), ...addresses.map((place) => range(place, 8))];
        return make(
          'li',
          {},
          make('b', { textContent: name }),
          make('span', { className: 'mono', textContent: places.join(' ') }),
        );
      }),
    );
  }
}
