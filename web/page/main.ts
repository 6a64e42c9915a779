// SPDX-License-Identifier: MIT
/**
 * @fileoverview The page: settings on one side, the console on the other, and the machine between them.
 *
 * `window.diorama` is the same for programs: start, stop, type, and hear.
 */
import { openTerminal } from '../terminal/terminal.ts';
import type { EndKind, Figures, FromWorker, StartMessage } from '../worker/messages.ts';
import { FileList } from './fileList.ts';
import { type MachineState, PageMachine } from './machine.ts';

const MIB = 2 ** 20;
const STATES: Record<MachineState, string> = {
  preparing: 'Preparing…',
  off: 'Off',
  starting: 'Starting…',
  on: 'Running',
};
const ENDS: Record<EndKind, readonly [string, 'good' | 'bad']> = {
  'power-off': ['The machine has powered off.', 'good'],
  halted: ['The processor has halted, and nothing is left that could wake it.', 'good'],
  panic: ['The guest has reported a panic.', 'bad'],
  'triple-fault': ['Triple fault: the processor could not deliver an exception and has shut down.', 'bad'],
};

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const input = (id: string): HTMLInputElement => element<HTMLInputElement>(id);

const files = new FileList(element('chosen'));
const decoder = new TextDecoder();
/** All that COM1 has said since the start. */
let heard = '';
let figures: Figures | undefined;

const terminal = openTerminal(element('terminal'), (bytes) => machine.type(bytes));
const machine = new PageMachine({
  stateChanged: showState,
  output(bytes) {
    heard += decoder.decode(bytes, { stream: true });
    return terminal.write(bytes);
  },
  figures: showFigures,
  missing: (text) => showMessage(text, 'bad'),
  over: showEnd,
});

element<HTMLFormElement>('settings').onsubmit = (event) => {
  event.preventDefault();
  start();
};
element('stop').onclick = () => machine.stop();
input('files').onchange = () => {
  void choose([...(input('files').files ?? [])]);
  // So that choosing the same file again is a change.
  input('files').value = '';
};
document.ondragover = (event) => {
  event.preventDefault();
  document.body.classList.add('dropping');
};
document.ondragleave = (event) => {
  if (event.relatedTarget === null) document.body.classList.remove('dropping');
};
document.ondrop = (event) => {
  event.preventDefault();
  document.body.classList.remove('dropping');
  void choose([...(event.dataTransfer?.files ?? [])]);
};

async function choose(chosen: File[]): Promise<void> {
  const refusals = await files.add(chosen);
  if (refusals.length > 0) showMessage(refusals.join('\n'), 'bad');
  else hideMessage();
}

function start(): void {
  const { kernel, initramfs } = files;
  if (!kernel) {
    showMessage('There is no kernel yet: choose or drop one first.', 'bad');
    input('files').focus();
    return;
  }
  const emptyDisk = input('disk').valueAsNumber * MIB;
  const options: StartMessage = {
    kind: 'start',
    memory: input('memory').valueAsNumber * MIB,
    kernel,
    kernelName: kernel.name,
    initrd: initramfs,
    commandLine: input('command-line').value,
    disks: [...files.disks.map((image) => ({ image })), ...(emptyDisk > 0 ? [{ bytes: emptyDisk }] : [])],
  };
  hideMessage();
  element('welcome').hidden = true;
  heard = '';
  terminal.clear();
  machine.start(options);
}

function showState(state: MachineState): void {
  const on = state === 'on' || state === 'starting';
  element('state').textContent = STATES[state];
  element<HTMLFieldSetElement>('choices').disabled = on;
  element<HTMLButtonElement>('start').disabled = on;
  element<HTMLButtonElement>('stop').disabled = !on;
  terminal.setEnabled(state === 'on');
  if (state === 'on') {
    element('screen').scrollIntoView({ block: 'nearest' });
    terminal.focus();
  }
}

function showFigures(now: Figures): void {
  figures = now;
  element('mips').textContent = now.mips === undefined ? 'idle' : now.mips.toFixed(0);
  element('instructions').textContent = now.instructions.toLocaleString('en');
  element('time').textContent = now.virtualSeconds.toFixed(1);
}

function showEnd(message: Extract<FromWorker, { kind: 'ended' | 'refused' | 'fault' }>): void {
  if (message.kind === 'refused') {
    showMessage(`The machine cannot start: ${message.message}.`, 'bad');
    return;
  }
  if (message.kind === 'fault') {
    showMessage('Diorama has failed; this is a fault of its own.', 'bad', message.message);
    return;
  }
  showFigures(message.figures);
  const [text, kind] = ENDS[message.end];
  // Only a triple fault has more to say: the registers.
  showMessage(text, kind, message.end === 'triple-fault' ? message.message : undefined);
}

/** `details` keep their line breaks: registers, a stack. */
function showMessage(text: string, kind: 'good' | 'bad', details?: string): void {
  const box = element('message');
  box.className = kind;
  box.hidden = false;
  const paragraphs = text.split('\n').map((line) => {
    const paragraph = document.createElement('p');
    paragraph.textContent = line;
    return paragraph;
  });
  box.replaceChildren(...paragraphs);
  if (details === undefined) return;
  const block = document.createElement('pre');
  block.textContent = details;
  box.append(block);
}

function hideMessage(): void {
  element('message').hidden = true;
}

const automation = {
  get state(): MachineState {
    return machine.state;
  },
  get figures(): Figures | undefined {
    return figures;
  },
  stop: () => machine.stop(),
  console: {
    /** All that COM1 has said since the start. */
    get output(): string {
      return heard;
    },
    send: (text: string) => machine.type(new TextEncoder().encode(text)),
  },
};
export type Automation = typeof automation;
Object.assign(window, { diorama: automation });
