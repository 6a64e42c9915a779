// SPDX-License-Identifier: MIT
/** The power button, on our machine and on QEMU: whoever is logged in, services are stopped in order, and the machine is off. */
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Machine } from '../../emulator/host/library.ts';
import { haveOracles } from '../../tools/oracles.js';
import { buildImage, type Image, LOGIN, PROMPT, qemu } from './session.ts';

/** Seconds of virtual time in which services stop. */
const PATIENCE = 10;
/** svc.startd's last words. */
const STOPPED = /svc\.startd: The system is down\./;

let image: Image;
beforeAll(async () => {
  image = await buildImage();
}, 300_000);
afterAll(() => image.remove());

describe('the power button', () => {
  test('switches our machine off, in order, also under a shell that is busy', async () => {
    const machine = Machine.boot({ kernel: image.kernel, initrd: image.archive, append: 'console=ttya', memory: 256 * 2 ** 20 });
    try {
      await machine.console.expect(LOGIN);
      machine.console.send('root');
      await machine.console.expect(PROMPT);
      machine.console.send('while :; do :; done');
      await machine.console.expect(/done\r\n/);
      machine.pressPowerButton();
      await machine.console.expect(STOPPED, { within: PATIENCE });
      expect((await machine.run()).kind).toBe('power-off');
    } finally {
      machine.close();
    }
  });

  test('means nothing before the kernel has asked for it', async () => {
    const machine = Machine.boot({ kernel: image.kernel, initrd: image.archive, append: 'console=ttya', memory: 256 * 2 ** 20 });
    try {
      machine.pressPowerButton();
      await machine.console.expect(LOGIN);
    } finally {
      machine.close();
    }
  });

  test.skipIf(!haveOracles('qemu-system-x86_64'))('switches QEMU off, in order', async () => {
    const socket = join(image.directory, 'qmp');
    const child = qemu(image, undefined, ['-qmp', `unix:${socket},server=on,wait=off`]);
    const exited = once(child, 'exit');
    // So that what was heard is told if nothing more comes.
    const timer = setTimeout(() => child.kill('SIGKILL'), 240_000);
    try {
      let heard = '';
      await new Promise<void>((resolve, reject) => {
        child.on('exit', () => reject(new Error(`QEMU has ended: ${heard}`)));
        child.stdout?.on('data', (data: Buffer) => {
          heard += data.toString('latin1');
          if (LOGIN.test(heard)) resolve();
        });
      });
      const monitor = createConnection(socket);
      await once(monitor, 'connect');
      // Commands in QEMU's machine protocol: the second is its power button.
      monitor.write('{"execute":"qmp_capabilities"}\n{"execute":"system_powerdown"}\n');
      const [status] = await exited;
      monitor.destroy();
      expect(heard).toMatch(STOPPED);
      expect(status).toBe(0);
    } finally {
      clearTimeout(timer);
      child.kill('SIGKILL');
    }
  });
});
