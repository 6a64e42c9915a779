// SPDX-License-Identifier: MIT
/**
 * @fileoverview The page: settings on one side, the console on the other, and the machine between them.
 *
 * `window.diorama` is the same for programs: they see its state, type and hear, and hold the other end of the network cable.
 */
import { openTerminal, type SerialTerminal } from '../terminal/terminal.ts';
import type { EndKind, Figures, FromWorker, Port, StartMessage } from '../worker/messages.ts';
import { FileList } from './fileList.ts';
import { type MachineState, PageMachine } from './machine.ts';

const MIB = 2 ** 20;
const HEARD_LIMIT = 2 ** 24;
const PORTS: readonly Port[] = ['com1', 'hvc0'];
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

/** Labels, names for screen readers where labels are no words, and what they send. */
const TOUCH_KEYS: readonly [string, string, string][] = [
  ['Esc', 'Escape', '\x1b'],
  ['Tab', 'Tab', '\t'],
  ['^C', 'Control C', '\x03'],
  ['^D', 'Control D', '\x04'],
  ['↑', 'Up', '\x1b[A'],
  ['↓', 'Down', '\x1b[B'],
  ['←', 'Left', '\x1b[D'],
  ['→', 'Right', '\x1b[C'],
];

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const input = (id: string): HTMLInputElement => element<HTMLInputElement>(id);

const files = new FileList(element('chosen'));
let figures: Figures | undefined;
let cableEnd: ((frame: Uint8Array) => void) | undefined;

interface Console {
  terminal: SerialTerminal;
  /** What the guest has said since the start; the older part is forgotten beyond HEARD_LIMIT characters. */
  heard: string;
  decoder: TextDecoder;
  tab: HTMLElement;
}
const consoles: Record<Port, Console> = { com1: openConsole('com1'), hvc0: openConsole('hvc0') };
let shown: Port = 'com1';

const machine = new PageMachine({
  stateChanged: showState,
  output(port, bytes) {
    const { terminal, decoder, tab } = consoles[port];
    const heard = consoles[port].heard + decoder.decode(bytes, { stream: true });
    consoles[port].heard = heard.length > HEARD_LIMIT ? heard.slice(-HEARD_LIMIT / 2) : heard;
    if (port !== shown) tab.classList.add('news');
    return terminal.write(bytes);
  },
  frame: (frame) => cableEnd?.(frame),
  figures: showFigures,
  missing: (text) => showMessage(text, 'bad'),
  over: showEnd,
});
showState(machine.state);

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

element('keys').append(
  ...TOUCH_KEYS.map(([label, name, bytes]) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = label;
    button.ariaLabel = name;
    // The keyboard on the screen stays while the terminal has the focus.
    button.onpointerdown = (event) => event.preventDefault();
    button.onclick = () => machine.type(shown, new TextEncoder().encode(bytes));
    return button;
  }),
);

function openConsole(port: Port): Console {
  const terminal = openTerminal(element(port), (bytes) => machine.type(port, bytes));
  const tab = element(`${port}-tab`);
  tab.onclick = () => {
    showConsole(port);
    terminal.focus();
  };
  tab.onkeydown = ({ key }) => {
    if (key !== 'ArrowLeft' && key !== 'ArrowRight') return;
    const other = port === 'com1' ? 'hvc0' : 'com1';
    showConsole(other);
    consoles[other].tab.focus();
  };
  return { terminal, heard: '', decoder: new TextDecoder(), tab };
}

function showConsole(port: Port): void {
  shown = port;
  for (const name of PORTS) {
    const { tab } = consoles[name];
    tab.ariaSelected = String(name === port);
    tab.tabIndex = name === port ? 0 : -1;
    element(name).classList.toggle('shown', name === port);
  }
  consoles[port].tab.classList.remove('news');
}

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
    network: cableEnd !== undefined,
  };
  hideMessage();
  showConsole('com1');
  for (const port of PORTS) {
    consoles[port].heard = '';
    consoles[port].decoder = new TextDecoder();
    consoles[port].tab.classList.remove('news');
    consoles[port].terminal.clear();
  }
  machine.start(options);
}

function showState(state: MachineState): void {
  const on = state === 'on' || state === 'starting';
  element('state').textContent = STATES[state];
  element<HTMLFieldSetElement>('choices').disabled = on;
  element<HTMLButtonElement>('start').disabled = on;
  element<HTMLButtonElement>('stop').disabled = !on;
  document.body.classList.toggle('on', on);
  for (const port of PORTS) consoles[port].terminal.setEnabled(state === 'on');
  if (state === 'starting') element('figures').hidden = true;
  if (state !== 'on') return;
  // From now on there is something to see.
  element('welcome').hidden = true;
  element('tabs').hidden = false;
  consoles[shown].terminal.focus();
}

function showFigures(now: Figures): void {
  figures = now;
  element('figures').hidden = false;
  const idle = now.mips === undefined;
  if (machine.state === 'on') element('state').textContent = idle ? 'Idle' : STATES.on;
  element('mips').textContent = now.mips === undefined ? '–' : now.mips.toFixed(0);
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
  // Only a triple fault has more to say: the registers, after its name.
  const registers = message.end === 'triple-fault' ? message.message?.replace(/^triple fault\n/, '') : undefined;
  showMessage(text, kind, registers);
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
  // So that the keyboard can scroll it.
  block.tabIndex = 0;
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
  com1: portFor('com1'),
  hvc0: portFor('hvc0'),
  network: {
    /** From the next start on, the machine has a network card, and `receive` is given its frames. */
    connect(receive: (frame: Uint8Array) => void): void {
      cableEnd = receive;
    },
    send: (frame: Uint8Array) => machine.sendFrame(frame),
  },
};
export type Automation = typeof automation;
Object.assign(window, { diorama: automation });

function portFor(port: Port) {
  return {
    /** What the guest has said since the start, megabytes of it. */
    get output(): string {
      return consoles[port].heard;
    },
    send: (text: string) => machine.type(port, new TextEncoder().encode(text)),
  };
}
