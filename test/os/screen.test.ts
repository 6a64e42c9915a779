// SPDX-License-Identifier: MIT
/** With console=text the screen and the keyboard of our machine are the console: to a login, and a command typed by its keys. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { makeNodeMachine, type NodeMachine } from '../../emulator/host/nodeMachine.ts';
import { build } from '../../toolchain/build/main.ts';

/** Scan codes of set 1, which is how the machine names keys. */
const ENTER = 0x1c;
const LETTERS = new Map<string, number>();
for (const [row, keys] of [
  [0x02, '1234567890'],
  [0x10, 'qwertyuiop'],
  [0x1e, 'asdfghjkl'],
  [0x2c, 'zxcvbnm'],
  [0x39, ' '],
] as const) {
  for (const [index, key] of [...keys].entries()) LETTERS.set(key, row + index);
}

const screenOf = (machine: NodeMachine): string => {
  const screen = machine.board.vga.screenText();
  return screen ? String.fromCharCode(...screen.characters) : '';
};

function waitFor(machine: NodeMachine, text: RegExp): void {
  for (let steps = 0; !text.test(screenOf(machine)); steps++) {
    if (steps === 400 || machine.run(machine.instructions + 5_000_000))
      throw new Error(`no ${text} on ${screenOf(machine).trimEnd().slice(-400)}`);
  }
}

/** Pressed and let go at once: while the system idles, time passes by leaps, and a key that is held repeats. */
function press(machine: NodeMachine, code: number): void {
  machine.board.keyboard.keyEvent(code, true);
  machine.board.keyboard.keyEvent(code, false);
  machine.run(machine.instructions + 200_000);
}

test('a login and a command by the keyboard, shown on the screen', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'screen-'));
  await build({ output: directory, report: () => undefined });
  const kernel = new Uint8Array(readFileSync(join(directory, 'platform/i86pc/kernel/amd64/unix')));
  const initrd = new Uint8Array(readFileSync(join(directory, 'platform/i86pc/amd64/boot_archive')));
  rmSync(directory, { recursive: true });
  const machine = makeNodeMachine({
    memory: 256 << 20,
    cpu: undefined,
    smp: 1,
    kernel,
    initrd,
    append: 'console=text',
    disks: [],
  });
  waitFor(machine, /SunOS Release 5\.11/);
  waitFor(machine, /login: /);
  for (const key of 'root') press(machine, LETTERS.get(key) ?? 0);
  press(machine, ENTER);
  waitFor(machine, /\]# /);
  for (const key of 'echo 6 times 7 is 42') press(machine, LETTERS.get(key) ?? 0);
  press(machine, ENTER);
  // Once as it is typed, once as the shell says it.
  waitFor(machine, /echo 6 times 7 is 42 +6 times 7 is 42 /);
}, 300_000);
