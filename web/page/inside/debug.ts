// SPDX-License-Identifier: MIT
/** @fileoverview Window: registers, disassembly, stepping, breakpoints. */
import type { Inspection } from '../../worker/messages.ts';
import { element, icon, make } from '../dom.ts';
import type { PageMachine } from '../machine.ts';

const NAMES = ['RAX', 'RCX', 'RDX', 'RBX', 'RSP', 'RBP', 'RSI', 'RDI', 'R8', 'R9', 'R10', 'R11', 'R12', 'R13', 'R14', 'R15'];
const hex = (value: bigint, digits = 16): string => value.toString(16).padStart(digits, '0');

export class DebugView {
  readonly #machine: PageMachine;
  readonly #pause = make('button', { type: 'button', onclick: () => this.#toggle() });
  readonly #steps = [1, 10, 1000].map((count) =>
    make(
      'button',
      { type: 'button', ariaLabel: `Step ${count} instructions`, onclick: () => this.#machine.step(count) },
      ...(count === 1 ? [icon('step'), 'Step'] : [`${count}`]),
    ),
  );
  readonly #processor = make('select', { ariaLabel: 'Processor' });
  readonly #address = make('input', {
    type: 'text',
    placeholder: 'address, hexadecimal',
    ariaLabel: 'Address of code to show or to stop at',
    spellcheck: false,
    autocomplete: 'off',
  });
  readonly #code = make('ol', { className: 'code' });
  readonly #registers = make('dl', { className: 'registers' });
  readonly #breakpoints = make('p', { className: 'breakpoints' });
  #before: bigint[] = [];
  #shown = '';

  constructor(machine: PageMachine) {
    this.#machine = machine;
    this.#code.ariaLabel = 'Disassembly';
    this.#processor.onchange = () => this.#look();
    const form = make(
      'form',
      { className: 'goto' },
      this.#address,
      make('button', { type: 'submit', textContent: 'Show' }),
      make('button', { type: 'button', textContent: 'Stop there', onclick: () => this.#stopThere() }),
    );
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#look();
    };
    element('debug').replaceChildren(
      make('div', { className: 'head' }, make('h2', { textContent: 'Debugger' }), this.#processor),
      make('div', { className: 'buttons' }, this.#pause, ...this.#steps),
      this.#registers,
      form,
      this.#code,
      this.#breakpoints,
      make('p', {
        className: 'quiet',
        textContent:
          'Click an address to stop before it. Breakpoints are outside the machine: the guest cannot see them. While there are any, every instruction is looked at, which is slow.',
      }),
    );
    this.stateChanged();
  }

  stateChanged(): void {
    const { state } = this.#machine;
    this.#pause.disabled = !this.#machine.isOn;
    this.#pause.replaceChildren(icon(state === 'paused' ? 'play' : 'pause'), state === 'paused' ? 'Continue' : 'Pause');
    for (const button of this.#steps) button.disabled = state !== 'paused';
  }

  /** The machine has stopped there, so that is what there is to see. */
  stopped(): void {
    this.#address.value = '';
    this.#look();
  }

  show({ address, code, breakpoints, state, processor, processors }: NonNullable<Inspection['debug']>): void {
    if (this.#processor.options.length !== processors) {
      this.#processor.replaceChildren(...Array.from({ length: processors }, (_, n) => new Option(`CPU ${n}`, String(n))));
      this.#processor.value = String(processor);
    }
    const values = [...state.registers, state.rip, state.rflags, ...Object.values(state.control)];
    const names = [...NAMES, 'RIP', 'RFLAGS', ...Object.keys(state.control)];
    this.#registers.replaceChildren(
      ...names.map((name, index) =>
        make(
          'div',
          { className: this.#before.length > 0 && this.#before[index] !== values[index] ? 'changed' : '' },
          make('dt', { textContent: name }),
          make('dd', { textContent: hex(values[index]) }),
        ),
      ),
    );
    this.#before = values;
    const lines = code.map(({ address: at, text }) => `${at} ${text}`);
    const shown = [...lines, state.rip, address, ...breakpoints].join('\n');
    if (shown === this.#shown) return;
    this.#shown = shown;
    const stops = new Set(breakpoints);
    this.#code.replaceChildren(
      ...code.map((line) => {
        const stop = stops.has(line.address);
        const gutter = make('button', {
          type: 'button',
          className: stop ? 'stop' : '',
          textContent: hex(line.address),
          ariaPressed: String(stop),
          ariaLabel: `Breakpoint at ${hex(line.address)}`,
          onclick: () => this.#machine.setBreakpoint(line.address, !stop),
        });
        const item = make('li', { className: line.address === state.rip ? 'current' : '' }, gutter, ` ${line.text}`);
        if (line.address === state.rip) item.ariaCurrent = 'true';
        return item;
      }),
    );
    if (code.length === 0) this.#code.replaceChildren(make('li', { textContent: 'Nothing is mapped there.' }));
    this.#breakpoints.replaceChildren(
      ...(breakpoints.length > 0 ? ['Stops at '] : []),
      ...breakpoints.map((at) =>
        make('button', {
          type: 'button',
          textContent: `${hex(at)} ×`,
          ariaLabel: `Remove breakpoint at ${hex(at)}`,
          onclick: () => this.#machine.setBreakpoint(at, false),
        }),
      ),
    );
  }

  #toggle(): void {
    if (this.#machine.state === 'paused') this.#machine.resume();
    else this.#machine.pause();
  }
  get #wanted(): bigint | undefined {
    const word = this.#address.value.trim().replace(/^0x/i, '');
    const valid = /^[0-9a-f]{1,16}$/i.test(word);
    this.#address.setCustomValidity(word === '' || valid ? '' : 'An address has up to 16 hexadecimal digits');
    this.#address.reportValidity();
    return valid ? BigInt(`0x${word}`) : undefined;
  }
  #look(): void {
    this.#machine.look(Number(this.#processor.value || 0), this.#wanted);
  }
  #stopThere(): void {
    const address = this.#wanted;
    if (address !== undefined) this.#machine.setBreakpoint(address, true);
  }
}
