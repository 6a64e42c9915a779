// SPDX-License-Identifier: MIT
/**
 * @fileoverview The page: consoles, the inside, settings and snapshots, and the machine between them. It boots our own system at once, or what the
 * link in the address says.
 *
 * `window.diorama` is the same for programs: they see its state, type and hear, save and restore, and hold the other end of the network cable.
 */

import { nextFrame, nextTask } from '../nextTask.ts';
import type { EndKind, Figures, FromWorker, Port, Speed, StoredSnapshot, View } from '../worker/messages.ts';
import { whatIsMissing } from './capabilities.ts';
import { Consoles } from './consoles.ts';
import { button, element, formatCount, formatSize, input, make, toast } from './dom.ts';
import { Inside } from './inside/inside.ts';
import { type MachineState, PageMachine } from './machine.ts';
import { Display } from './screen.ts';
import { Settings } from './settings.ts';
import { Snapshots } from './snapshots.ts';

const STATES: Record<MachineState, string> = {
  preparing: 'Preparing…',
  off: 'Off',
  starting: 'Starting…',
  on: 'Running',
  paused: 'Paused',
};
const ENDS: Record<EndKind, readonly [string, 'good' | 'bad']> = {
  'power-off': ['The machine has powered off.', 'good'],
  halted: ['The processor has halted, and nothing is left that could wake it.', 'good'],
  panic: ['The guest has reported a panic.', 'bad'],
  'triple-fault': ['Triple fault: the processor could not deliver an exception and has shut down.', 'bad'],
};
const THEMES = ['system', 'light', 'dark'] as const;
/** Milliseconds until the page is stored for when there is no network, unless the machine rests before: let it boot first. */
const OFFLINE_AFTER = 10_000;
/** First bytes of a snapshot file. */
const SNAPSHOT_FILE = 'diorama snapshot ';

let figures: Figures | undefined;
let cableEnd: ((frame: Uint8Array) => void) | undefined;
/** Somebody has started a machine, or the page itself has. */
let booted = false;
/** The page is stored, or is being stored, for when there is no network. */
let offline = false;

const consoles = new Consoles({
  type: (port, bytes) => machine.type(port, bytes),
  typeOnScreen: (text) => display.type(text),
  press: (stroke) => machine.strokes([stroke]),
  shown: watch,
  failed: (text) => showMessage(text, 'bad'),
});
const display = new Display({
  key: (code, pressed) => machine.key(code, pressed),
  strokes: (strokes) => machine.strokes(strokes),
  mouse: (dx, dy, wheel, buttons) => machine.mouse(dx, dy, wheel, buttons),
});
const machine: PageMachine = new PageMachine({
  // The first state is shown when everything is there.
  stateChanged: () => queueMicrotask(showState),
  models: (models) => {
    settings.models = models;
  },
  progress: showProgress,
  output: (port, bytes) => consoles.output(port, bytes),
  frame: (frame) => cableEnd?.(frame),
  figures: showFigures,
  rest: setUpOffline,
  inspection: (inspection) => inside.show(inspection),
  screen: (screen) => {
    display.show(screen);
    element('screen-tab').classList.toggle('news', false);
  },
  breakpoint: (address) => {
    toast(`Stopped before ${address.toString(16)}`);
    inside.stopped();
  },
  missing: (text) => showMessage(`${text[0].toUpperCase()}${text.slice(1)}`, 'bad'),
  over: showEnd,
});
const inside: Inside = new Inside(machine, watch);
// A link may set the speed at once.
const speeds = [...document.querySelectorAll<HTMLInputElement>('input[name="speed"]')];
const settings = new Settings({
  get: () => machine.speed,
  set: (speed) => {
    machine.speed = speed;
    for (const radio of speeds) radio.checked = radio.value === speed;
  },
});
const snapshots = new Snapshots(machine, { restore, failed: (text) => showMessage(text, 'bad') });

let missing: string | undefined;

void setUp();

/**
 * In steps, each a task of its own, between which the browser draws what there is. The machine comes last: its worker leaves no processor to a page
 * that has still work to do.
 */
async function setUp(): Promise<void> {
  setUpTheme();
  await nextFrame();
  document.body.classList.remove('bare');
  const parts = [consoles, settings, inside];
  for (const step of [...parts.map((part) => () => part.setUp()), setUpControls, setUpDrops, showState]) {
    await nextTask();
    step();
  }
  // Programs find what can be used.
  Object.assign(window, { diorama: automation });
  await nextFrame();
  document.body.classList.remove('alone');
  setTimeout(setUpOffline, OFFLINE_AFTER);
  missing = whatIsMissing();
  if (missing) {
    element('welcome').hidden = true;
    showMessage(missing, 'bad');
    return;
  }
  await consoles.open();
  // Unless somebody was faster.
  if (!booted) start();
}

/** A service worker keeps the page for when there is no network. Where browsers have or allow none, the page is as good. */
function setUpOffline(): void {
  if (offline || !('serviceWorker' in navigator) || !isSecureContext) return;
  offline = true;
  const isNew = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (isNew) toast('A newer version of this page is ready: reload to use it');
  });
  void navigator.serviceWorker.register('./sw.js').catch(() => {});
}

function setUpControls(): void {
  button('pause').onclick = () => (machine.state === 'paused' ? machine.resume() : machine.pause());
  button('reset').onclick = () => machine.reset();
  button('power').onclick = () => {
    if (machine.isOn) {
      machine.pressPowerButton();
      toast('The power button was pressed: it is for the system to act on it');
    } else start();
  };
  button('snapshot').onclick = () => void snapshots.take();
  button('open-machine').onclick = () => settings.open();
  button('open-snapshots').onclick = () => snapshots.open();
  button('stop').onclick = () => {
    machine.stop();
    settings.close();
  };
  element<HTMLFormElement>('settings').onsubmit = () => start();
  for (const close of document.querySelectorAll<HTMLElement>('dialog .close')) {
    close.onclick = () => close.closest('dialog')?.close();
  }
  for (const radio of document.querySelectorAll<HTMLInputElement>('input[name="speed"]')) {
    radio.onchange = () => {
      machine.speed = radio.value as Speed;
    };
  }
  button('full-screen').onclick = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else
      void element('consoles')
        .requestFullscreen()
        .then(() => consoles.focus());
  };
  button('toggle-inside').onclick = () => {
    const alone = document.body.classList.toggle('alone');
    button('toggle-inside').ariaPressed = String(!alone);
    watch();
  };
  for (const place of document.querySelectorAll<HTMLButtonElement>('#places button')) {
    place.onclick = () => showPlace(place.dataset.place!);
  }
  for (const step of document.querySelectorAll<HTMLButtonElement>('#guide button')) {
    step.onclick = () => {
      const { type, show, click } = step.dataset;
      if (show) inside.open({ memory: 'memory-view' }[show] ?? show);
      if (click) button(click).click();
      if (!type) return;
      showPlace('consoles');
      consoles.show('com1');
      machine.type('com1', new TextEncoder().encode(`${type}\r`));
      consoles.focus();
    };
  }
  // F6 goes round: console, which takes Tab for itself, inside, bar.
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'F6') return;
    event.preventDefault();
    const { activeElement } = document;
    if (element('inside').contains(activeElement)) button('open-machine').focus();
    else if (!element('consoles').contains(activeElement)) consoles.focus();
    else if (inside.isOpen) element('inside-tabs').querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
    else button('open-machine').focus();
  });
}

function setUpDrops(): void {
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
}

async function choose(chosen: File[]): Promise<void> {
  const images: File[] = [];
  for (const file of chosen) {
    const head = await file
      .slice(0, SNAPSHOT_FILE.length)
      .text()
      .catch(() => '');
    if (head === SNAPSHOT_FILE) await snapshots.upload(file);
    else images.push(file);
  }
  if (images.length === 0) return;
  const refusals = await settings.files.add(images);
  settings.filesChosen();
  if (refusals.length < images.length) settings.open();
  if (refusals.length > 0) showMessage(refusals.join('\n'), 'bad');
  else hideMessage();
}

function setUpTheme(): void {
  let theme = THEMES.find((one) => one === localStorage.getItem('theme')) ?? 'system';
  const apply = (): void => {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button('theme').ariaLabel = `Theme: ${theme === 'system' ? 'as the system' : theme}`;
    button('theme').title = button('theme').ariaLabel ?? '';
    consoles.updateTheme();
  };
  button('theme').onclick = () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    localStorage.setItem('theme', theme);
    apply();
  };
  matchMedia('(prefers-color-scheme: dark)').onchange = apply;
  apply();
}

function showPlace(place: string): void {
  if (place === 'machine') settings.open();
  else if (place === 'snapshots') snapshots.open();
  else {
    document.body.dataset.place = place;
    for (const one of document.querySelectorAll<HTMLElement>('#places button')) {
      one.ariaCurrent = String(one.dataset.place === place);
    }
    watch();
  }
}

/** Tells the worker what is in sight. */
function watch(): void {
  const views: View[] = [];
  document.body.dataset.console = consoles.shown;
  if (consoles.shown === 'screen') views.push('screen');
  if (inside.view) views.push(inside.view);
  machine.watch(views);
}

function start(): void {
  const source = settings.source();
  if (!source) {
    showMessage('There is no kernel yet: choose or drop one first.', 'bad');
    return;
  }
  begin();
  machine.start({ boot: source, network: cableEnd !== undefined });
}
function restore(snapshot: StoredSnapshot): void {
  begin();
  machine.start({ boot: { snapshot: snapshot.id }, network: cableEnd !== undefined });
}
function begin(): void {
  // Those of the machine before are not this one's.
  figures = undefined;
  // Before the first there is none of a machine: what there is tells whoever was faster than it of a file.
  if (booted) hideMessage();
  consoles.clear();
  consoles.show('com1');
  display.clear();
  element('downloads').replaceChildren();
  element('welcome').hidden = false;
  booted = true;
}

function showState(): void {
  const { state, isOn } = machine;
  document.body.dataset.state = state;
  element('state').textContent = STATES[state];
  for (const id of ['pause', 'reset', 'snapshot', 'take']) button(id).disabled = !isOn;
  button('stop').disabled = !isOn && state !== 'starting';
  button('power').disabled = !isOn && state !== 'off';
  button('pause').replaceChildren(...labelled(state === 'paused' ? 'play' : 'pause', state === 'paused' ? 'Continue' : 'Pause'));
  consoles.setEnabled(isOn);
  if (!isOn) element('mips').textContent = '–';
  inside.stateChanged();
  if (isOn || (state === 'off' && booted)) element('welcome').hidden = true;
  // From now on there is something to type to.
  if (state === 'on' && !figures) void focusConsole();
}
/** Who is somewhere else already stays there. A page that has just been drawn need not be laid out for it. */
async function focusConsole(): Promise<void> {
  await nextFrame();
  if (document.activeElement === document.body) consoles.focus();
}
function labelled(icon: string, text: string): Node[] {
  const sprite = button('reset').querySelector('svg')!.cloneNode(true) as SVGElement;
  sprite.firstElementChild!.setAttribute('href', `#icon-${icon}`);
  return [sprite, make('span', { textContent: text })];
}

function showProgress(file: string, loaded: number, total: number): void {
  const list = element('downloads');
  const id = `download-${file}`;
  let item = document.getElementById(id);
  if (!item) {
    // Without the hash that the build has put into it.
    const name = file.replace(/-[\w-]{8}(?=\.\w+$)/, '');
    item = make('li', { id }, make('span', { textContent: name }), make('span'), make('progress', { ariaLabel: name }));
    list.append(item);
  }
  const [, amount, bar] = item.children as unknown as [HTMLElement, HTMLElement, HTMLProgressElement];
  amount.textContent = loaded === total ? formatSize(loaded) : `${formatSize(loaded)} of ${total ? formatSize(total) : '?'}`;
  if (total > 0) {
    bar.max = total;
    bar.value = loaded;
  }
}

function showFigures(now: Figures): void {
  figures = now;
  inside.figures(now);
  if (machine.state === 'on') element('state').textContent = now.mips === undefined ? 'Idle' : STATES.on;
  element('mips').textContent = now.mips === undefined ? '–' : now.mips.toFixed(0);
  element('instructions').textContent = formatCount(now.instructions);
  element('time').textContent = now.virtualSeconds.toFixed(1);
}

function showEnd(message: Extract<FromWorker, { kind: 'ended' | 'refused' | 'fault' }>): void {
  element('welcome').hidden = true;
  if (message.kind === 'refused') {
    showMessage(`The machine cannot start: ${message.message}.`, 'bad');
    return;
  }
  if (message.kind === 'fault') {
    showMessage(
      'Diorama has failed; this is a fault of its own. Snapshots taken before are still there.',
      'bad',
      message.message,
    );
    return;
  }
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
  box.replaceChildren(...text.split('\n').map((line) => make('p', { textContent: line })));
  if (details !== undefined) {
    // So that the keyboard can scroll it.
    box.append(make('pre', { textContent: details, tabIndex: 0 }));
  }
  const actions = make('div', { className: 'buttons' });
  if (!machine.isOn && !missing) {
    actions.append(make('button', { type: 'button', className: 'primary', textContent: 'Start again', onclick: start }));
  }
  actions.append(make('button', { type: 'button', textContent: 'Dismiss', onclick: hideMessage }));
  box.append(actions);
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
  start,
  stop: () => machine.stop(),
  pause: () => machine.pause(),
  resume: () => machine.resume(),
  reset: () => machine.reset(),
  pressPowerButton: () => machine.pressPowerButton(),
  step: (count: number) => machine.step(count),
  com1: portFor('com1'),
  com2: portFor('com2'),
  hvc0: portFor('hvc0'),
  network: {
    /** From the next start on, the machine has a network card, and `receive` is given its frames. */
    connect(receive: (frame: Uint8Array) => void): void {
      cableEnd = receive;
    },
    send: (frame: Uint8Array) => machine.sendFrame(frame),
  },
  snapshots: {
    list: () => snapshots.list(),
    take: (title: string) => machine.call({ name: 'save', title }),
    delete: (id: number) => machine.call({ name: 'delete', id }),
    restore: async (id: number) => {
      const stored = (await snapshots.list()).find((one) => one.id === id);
      if (!stored) throw new Error(`there is no snapshot ${id}`);
      restore(stored);
    },
  },
  /** SHA-256 of the machine's whole state, as the command line and the library give it. */
  stateHash: () => machine.call({ name: 'hash' }),
};
export type Automation = typeof automation;

function portFor(port: Port) {
  return {
    /** What the guest has said since the start, megabytes of it. */
    get output(): string {
      return consoles.heard(port);
    },
    /** Types just this. */
    send: (text: string) => machine.type(port, new TextEncoder().encode(text)),
    /** Resolves when the output from `from` on matches. */
    expect: (expression: RegExp, from = 0): Promise<string> =>
      new Promise((resolve) => {
        const look = (): void => {
          const [match] = expression.exec(consoles.heard(port).slice(from)) ?? [];
          if (match !== undefined) resolve(match);
          else setTimeout(look, 10);
        };
        look();
      }),
  };
}
