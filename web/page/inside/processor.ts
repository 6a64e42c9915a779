// SPDX-License-Identifier: MIT
/** @fileoverview Window: the processors at work. Speed and load over the last minute, and what each is doing. */
import type { ProcessorInspection } from '../../../emulator/machine/inspection.ts';
import { element, formatCount, make, svg } from '../dom.ts';

const WIDTH = 360;
const HEIGHT = 110;
const TIER_HEIGHT = 14;

const RINGS = ['kernel', 'ring 1', 'ring 2', 'user'];
const FLAGS: readonly [number, string, string][] = [
  [0, 'CF', 'carry'],
  [2, 'PF', 'parity'],
  [4, 'AF', 'auxiliary carry'],
  [6, 'ZF', 'zero'],
  [7, 'SF', 'sign'],
  [9, 'IF', 'interrupts enabled'],
  [10, 'DF', 'direction: down'],
  [11, 'OF', 'overflow'],
];

/** Figures come four times a second: those of a minute. */
export const SAMPLES = 240;
/** `mips` is 0 while idle; `busy` from 0 to 1. */
export interface Sample {
  mips: number;
  busy: number;
}

export class ProcessorView {
  readonly #samples: readonly Sample[];
  readonly #chart = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'chart', role: 'img' });
  readonly #speed = make('output', { className: 'large', textContent: '–' });
  readonly #load = make('output', { className: 'large', textContent: '–' });
  readonly #peak = make('output', { className: 'large', textContent: '–' });
  /** Instructions since the last look, by engine. */
  readonly #tiers = svg(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${TIER_HEIGHT}`, class: 'tiers', role: 'img' },
    svg('title', {}, 'Nothing has run yet'),
  );
  readonly #tierText = make('p', { className: 'quiet legend' });
  #before: { instructions: number; compiled: number } | undefined;
  readonly #cards = make('div', { className: 'cards' });

  /** `samples` are the last, the newest at the end; others add to them. */
  constructor(samples: readonly Sample[]) {
    this.#samples = samples;
    element('processor').replaceChildren(
      make('h2', { textContent: 'Processor' }),
      make(
        'dl',
        { className: 'numbers' },
        ...number('Speed, MIPS', this.#speed),
        ...number('Busy', this.#load),
        ...number('Peak of a minute', this.#peak),
      ),
      this.#chart,
      make('p', {
        className: 'quiet legend',
        innerHTML: '<i class="swatch speed"></i>Millions of instructions a second <i class="swatch busy"></i>Busy',
      }),
      make('h3', { textContent: 'Engines' }),
      this.#tiers,
      this.#tierText,
      this.#cards,
      make('p', {
        className: 'quiet',
        textContent:
          'Guest code is decoded once into short records, and a loop in WebAssembly executes them; what runs often is compiled to WebAssembly of its own. One instruction takes one nanosecond of the machine’s time, however fast your computer is: so a run can be repeated exactly.',
      }),
    );
  }

  show(processors: readonly ProcessorInspection[]): void {
    const last = this.#samples.at(-1);
    const peak = Math.max(1, ...this.#samples.map((sample) => sample.mips));
    this.#speed.textContent = last?.mips ? last.mips.toFixed(0) : 'idle';
    this.#load.textContent = last ? `${Math.round(last.busy * 100)} %` : '–';
    this.#peak.textContent = peak > 1 ? peak.toFixed(0) : '–';
    this.#draw(peak);
    this.#drawTiers(processors);
    this.#cards.replaceChildren(...processors.map(card));
  }

  #drawTiers(processors: readonly ProcessorInspection[]): void {
    const sum = (value: (cpu: ProcessorInspection) => number): number => processors.reduce((all, cpu) => all + value(cpu), 0);
    const now = { instructions: sum((cpu) => cpu.instructions), compiled: sum((cpu) => cpu.compiled) };
    const before = this.#before;
    this.#before = now;
    const all = now.instructions - (before?.instructions ?? 0);
    // Idle, or another machine: what was drawn last stays.
    if (!before || all <= 0 || now.compiled < before.compiled) return;
    const part = Math.min(1, (now.compiled - before.compiled) / all);
    this.#tiers.replaceChildren(
      svg('title', {}, `${Math.round(part * 100)} % of instructions by compiled code`),
      svg('rect', { x: 0, y: 0, width: WIDTH, height: TIER_HEIGHT, class: 'interpreted' }),
      svg('rect', { x: 0, y: 0, width: WIDTH * part, height: TIER_HEIGHT, class: 'compiled' }),
    );
    const regions = formatCount(sum((cpu) => cpu.regions));
    const made = sum((cpu) => cpu.elsewhere);
    const elsewhere = made > 0 ? ` (${formatCount(made)} on another thread)` : '';
    this.#tierText.replaceChildren(
      make('i', { className: 'swatch speed' }),
      `compiled ${Math.round(part * 100)} %, ${regions} regions${elsewhere}`,
      make('i', { className: 'swatch used' }),
      `interpreted ${100 - Math.round(part * 100)} %`,
    );
  }

  #draw(peak: number): void {
    const x = (index: number): number => WIDTH - (this.#samples.length - 1 - index) * (WIDTH / (SAMPLES - 1));
    const line = (value: (sample: Sample) => number): string =>
      this.#samples.map((sample, i) => `${x(i).toFixed(1)},${(HEIGHT - 4 - value(sample) * (HEIGHT - 14)).toFixed(1)}`).join(' ');
    const busy = line((sample) => sample.busy);
    const first = x(0).toFixed(1);
    this.#chart.replaceChildren(
      svg('title', {}, `Speed over the last minute, at most ${peak.toFixed(0)} MIPS`),
      ...[0.25, 0.5, 0.75].map((part) => svg('line', { x1: 0, x2: WIDTH, y1: HEIGHT * part, y2: HEIGHT * part, class: 'grid' })),
      svg('polygon', { points: `${first},${HEIGHT - 4} ${busy} ${WIDTH},${HEIGHT - 4}`, class: 'busy' }),
      svg('polyline', { points: line((sample) => sample.mips / peak), class: 'speed' }),
    );
  }
}

function number(term: string, value: HTMLElement): HTMLElement[] {
  return [make('div', {}, make('dt', { textContent: term }), make('dd', {}, value))];
}

function card(cpu: ProcessorInspection): HTMLElement {
  const doing = cpu.parked ? 'waits to be started' : cpu.halted ? 'halted until an interrupt' : `runs ${RINGS[cpu.cpl]} code`;
  const flags = FLAGS.map(([bit, name, meaning]) => {
    const set = ((cpu.rflags >> BigInt(bit)) & 1n) === 1n;
    return make('span', { className: set ? 'flag set' : 'flag', textContent: name, title: `${meaning}: ${set ? 1 : 0}` });
  });
  return make(
    'section',
    { className: `card-box ${cpu.halted || cpu.parked ? 'asleep' : ''}` },
    make('h3', { textContent: `CPU ${cpu.index}` }),
    make('p', {}, `${cpu.mode} mode, `, make('b', { textContent: doing })),
    make('p', { className: 'mono', textContent: `RIP ${cpu.rip.toString(16).padStart(16, '0')}` }),
    make('p', { className: 'flags' }, ...flags),
    make('p', { className: 'quiet', textContent: `${formatCount(cpu.instructions)} instructions` }),
  );
}
