// SPDX-License-Identifier: MIT
/**
 * Zones entered by hand, typed at the serial console of our machine: a login on a terminal of the zone's with job control, the size of the window, escapes;
 * a shell without login; the zone's console, which one holds while the zone boots, reboots and halts. Expectations are zlogin(1)'s.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Machine } from '../../emulator/host/library.ts';
import { buildImage, type Image } from './session.ts';

const PATIENCE = 300_000;
const GLOBAL = /\[root@diorama \S+\]# $/;
const ZONE = /\[root@z1 \S+\]# $/;

let image: Image;
/** With the zones z1, which runs, and z2, which does not. */
let booted: Machine;
beforeAll(async () => {
  image = await buildImage();
  booted = Machine.boot({
    kernel: image.kernel,
    initrd: image.archive,
    append: 'console=ttya',
    memory: 2 ** 29,
    disks: [{ memory: 2 ** 30, serial: 'pool' }],
  });
  const typed = new Keyboard(booted);
  await booted.console.expect(/login: $/);
  await typed.line('root', GLOBAL);
  for (const zone of ['z1', 'z2']) {
    await typed.line(
      `zonecfg -z ${zone} "create; set zonepath=/zones/${zone}"; zoneadm -z ${zone} install >/dev/null 2>&1`,
      GLOBAL,
    );
  }
  await typed.line('zoneadm -z z1 boot', GLOBAL);
  await typed.line('until [ "$(zlogin z1 svcs -H -o state console-login 2>/dev/null)" = online ]; do sleep 0.1; done', GLOBAL);
}, 900_000);
afterAll(() => {
  booted?.close();
  image?.remove();
});

/** Types, and hears what is written until what is expected: all of it. */
class Keyboard {
  #heard = '';
  constructor(readonly machine: Machine) {
    machine.console.onOutput((byte) => {
      this.#heard += String.fromCharCode(byte);
    });
  }
  async keys(keys: string, expected: RegExp): Promise<string> {
    this.#heard = '';
    this.machine.console.type(keys);
    await this.machine.console.expect(expected, { within: 120 });
    return this.#heard;
  }
  line(text: string, expected: RegExp): Promise<string> {
    return this.keys(`${text}\r`, expected);
  }
}
const fork = (): Keyboard => new Keyboard(booted.fork());

test('a login on a terminal of the zone, with job control, until exit', { timeout: PATIENCE }, async () => {
  const typed = fork();
  const begun = await typed.line('zlogin z1', ZONE);
  expect(begun).toContain("\r\n[Connected to zone 'z1' pts/1]\r\n");
  // Its own terminal, which it controls, and lines that end once.
  expect(await typed.line('tty; zonename; ps -o tty,comm -t pts/1', ZONE)).toMatch(
    /\r\n\/dev\/pts\/1\r\nz1\r\nTT +COMMAND\r\n(?:pts\/1 .*\r\n)+\[root@z1/,
  );
  await typed.keys('sleep 1000\r', /sleep 1000\r\n/);
  await typed.keys('\x1a', /Stopped +sleep 1000\r\n\[root@z1 \S+\]# $/);
  await typed.line('jobs', /\[1\]\+ +Stopped +sleep 1000\r\n\[root@z1 \S+\]# $/);
  await typed.keys('bg; jobs\r', /\[1\]\+? +Running +sleep 1000 ?&?\r\n\[root@z1 \S+\]# $/);
  await typed.keys('fg\r', /\r\nsleep 1000\r\n/);
  await typed.keys('\x03', ZONE);
  expect(await typed.line('jobs; exit', GLOBAL)).toContain("\r\n[Connection to zone 'z1' pts/1 closed]\r\n");
  // The terminal outside is as it was.
  expect(await typed.line('stty -a | grep -c -e "icanon echo" -e opost', GLOBAL)).toMatch(/\r\n2\r\n\[root@diorama/);
});

test('the terminal is as large as the one outside, and becomes so when that changes', { timeout: PATIENCE }, async () => {
  const typed = fork();
  await typed.line('stty rows 30 columns 100; zlogin z1', ZONE);
  await typed.line('stty size', /\r\n30 100\r\n\[root@z1 \S+\]# $/);
  expect(await typed.line('exit', GLOBAL)).toContain('closed');
  await typed.line('(trap "" TTOU; sleep 1; stty rows 50 columns 120 < /dev/console) & zlogin z1', ZONE);
  await typed.line('sleep 2; stty size', /\r\n50 120\r\n\[root@z1 \S+\]# $/);
});

test('the escape leaves, at the start of a line; typed twice it is itself', { timeout: PATIENCE }, async () => {
  const typed = fork();
  await typed.line('zlogin z1', ZONE);
  await typed.line('echo ~.', /\r\n~\.\r\n\[root@z1 \S+\]# $/);
  await typed.line('~~no', /\r\nsh: ~no: command not found\r\n\[root@z1 \S+\]# $/);
  expect(await typed.keys('~.', GLOBAL)).toMatch(/^\r\n\[Connection to zone 'z1' pts\/1 closed\]\r\n/);
  await typed.line('zlogin -e @ z1', ZONE);
  await typed.line('~.', /command not found\r\n\[root@z1 \S+\]# $/);
  expect(await typed.keys('@.', GLOBAL)).toContain('closed');
  // Whoever has gone that way has left nothing running.
  await typed.line('sleep 1; pgrep -z z1 -x sh; echo $?', /\r\n1\r\n\[root@diorama \S+\]# $/);
  // Without an escape it is text.
  await typed.line('zlogin -E z1', ZONE);
  await typed.line('~.', /command not found\r\n\[root@z1 \S+\]# $/);
});

test('a safe login has a shell and no profile', { timeout: PATIENCE }, async () => {
  const typed = fork();
  await typed.line('rm /zones/z1/root/etc/passwd; echo "echo profile" > /zones/z1/root/etc/profile; zlogin -S z1', /# $/);
  expect(await typed.line('echo $0; tty; zonename', /\r\nz1\r\n.*# $/)).toContain('\r\nsh\r\n/dev/pts/1\r\n');
  expect(await typed.line('exit', GLOBAL)).toContain("[Connection to zone 'z1' pts/1 closed]");
});

test("who is at a zone's console sees it boot, logs in there, sees it reboot and halt, and leaves", {
  timeout: PATIENCE,
}, async () => {
  const typed = fork();
  // Another one is told that it is in use.
  await typed.line(
    '(sleep 1; zoneadm -z z2 boot; zlogin -C z2 < /dev/null) & zlogin -C z2',
    /\[Connected to zone 'z2' console\]\r\n/,
  );
  const booting = await typed.keys('', /z2 console login: $/);
  expect(booting).toContain('\r\n[NOTICE: Zone booting up]\r\n');
  expect(booting).toContain("zlogin: the console of zone 'z2' is already in use");
  await typed.line('root', /\[root@z2 \S+\]# $/);
  await typed.line('tty; zonename', /\r\n\/dev\/console\r\nz2\r\n\[root@z2 \S+\]# $/);
  expect(await typed.line('reboot', /z2 console login: $/)).toContain('\r\n[NOTICE: Zone rebooting]\r\n');
  await typed.line('root', /\[root@z2 \S+\]# $/);
  await typed.line('halt', /\r\n\[NOTICE: Zone halted\]\r\n/);
  expect(await typed.keys('~.', GLOBAL)).toContain("\r\n[Connection to zone 'z2' console closed]\r\n");
  // Nobody holds the console of a zone that does not run: nothing of it is left.
  await typed.line(
    'ls /var/run/zones; pgrep -f "zoneadmd -z z2"; echo $?',
    /\r\nz1\.console_sock +z1\.zoneadmd_door\r\n1\r\n\[root/,
  );
});

test('the console keeps its session when one leaves', { timeout: PATIENCE }, async () => {
  const typed = fork();
  await typed.line('zlogin -C z1', /\[Connected to zone 'z1' console\]\r\n/);
  await typed.line('', /z1 console login: $/);
  await typed.line('root', ZONE);
  await typed.line('x=kept', ZONE);
  await typed.keys('~.', GLOBAL);
  await typed.line('zlogin -C z1', /\[Connected to zone 'z1' console\]\r\n/);
  await typed.line('echo $x', /\r\nkept\r\n\[root@z1 \S+\]# $/);
});
