// SPDX-License-Identifier: MIT
/**
 * Zones entered by hand, typed at the serial console, on our machine and on QEMU: a login on a terminal of the zone's with job control, the size of the window,
 * escapes; a shell without login; the zone's console, which one holds while the zone boots, reboots and halts. Expectations are zlogin(1)'s.
 */
import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Machine } from '../../emulator/host/library.ts';
import { haveOracles } from '../../tools/oracles.js';
import { buildImage, type Image, qemu } from './session.ts';

const PATIENCE = 300_000;
const GLOBAL = /\[root@diorama \S+\]# $/;
const ZONE = /\[root@z1 \S+\]# $/;

let image: Image;
beforeAll(async () => {
  image = await buildImage();
}, 900_000);
afterAll(() => image?.remove());

/** Types, and hears what is written until what is expected: all of it. */
abstract class Keyboard {
  protected heard = '';
  protected abstract type(keys: string): void;
  protected abstract wait(expected: RegExp): Promise<unknown>;
  async keys(keys: string, expected: RegExp): Promise<string> {
    this.heard = '';
    this.type(keys);
    await this.wait(expected);
    return this.heard;
  }
  line(text: string, expected: RegExp): Promise<string> {
    return this.keys(`${text}\r`, expected);
  }
  /** A key for a program that may not have begun yet. */
  control(key: string, expected: RegExp): Promise<string> {
    return this.keys(key, expected);
  }
}

class OurKeyboard extends Keyboard {
  constructor(readonly machine: Machine) {
    super();
    machine.console.onOutput((byte) => {
      this.heard += String.fromCharCode(byte);
    });
  }
  protected type(keys: string): void {
    this.machine.console.type(keys);
  }
  protected wait(expected: RegExp): Promise<unknown> {
    return this.machine.console.expect(expected, { within: 120 });
  }
}

class QemuKeyboard extends Keyboard {
  #news = () => {};
  constructor(readonly child: ChildProcess) {
    super();
    child.stdout?.on('data', (data: Buffer) => {
      this.heard += data.toString('latin1');
      this.#news();
    });
  }
  protected type(keys: string): void {
    this.child.stdin?.write(keys);
  }
  /** It goes to whoever is in the foreground: again and again, until that is the program. */
  override async control(key: string, expected: RegExp): Promise<string> {
    const again = setInterval(() => this.type(key), 2000);
    try {
      return await this.keys(key, expected);
    } finally {
      clearInterval(again);
    }
  }
  protected wait(expected: RegExp): Promise<void> {
    return new Promise((resolve) => {
      this.#news = () => {
        if (expected.test(this.heard)) resolve();
      };
      this.#news();
    });
  }
}

/** A system with the zones z1, which runs, and z2, which does not, at the prompt of the global zone. */
interface System {
  begin(): Promise<Keyboard>;
  /** For each test: as it was at the beginning, or as the test before it has left it. */
  next(): Keyboard;
  end(): void;
}
async function prepare(typed: Keyboard): Promise<void> {
  await typed.keys('', /login: $/);
  await typed.line('root', GLOBAL);
  for (const zone of ['z1', 'z2']) {
    await typed.line(
      `zonecfg -z ${zone} "create; set zonepath=/zones/${zone}"; zoneadm -z ${zone} install >/dev/null 2>&1`,
      GLOBAL,
    );
  }
  await typed.line('zoneadm -z z1 boot', GLOBAL);
  await typed.line('until [ "$(zlogin z1 svcs -H -o state console-login 2>/dev/null)" = online ]; do sleep 0.1; done', GLOBAL);
}

/** Each test has a copy of the machine. */
class Ours implements System {
  #booted?: Machine;
  async begin(): Promise<Keyboard> {
    this.#booted = Machine.boot({
      kernel: image.kernel,
      initrd: image.archive,
      append: 'console=ttya',
      memory: 2 ** 29,
      disks: [{ memory: 2 ** 30, serial: 'pool' }],
    });
    return new OurKeyboard(this.#booted);
  }
  next(): Keyboard {
    if (!this.#booted) throw new Error('the system has not begun');
    return new OurKeyboard(this.#booted.fork());
  }
  end(): void {
    this.#booted?.close();
  }
}

/**
 * One machine for all tests. It counts instructions for its time, or a busy host would be part of what happens; and it has no disk, for whose answers that
 * time would not wait: the zones lie in memory.
 */
class Qemu implements System {
  #keyboard?: QemuKeyboard;
  async begin(): Promise<Keyboard> {
    const options = ['-m', '512', '-icount', 'shift=1,sleep=off'];
    this.#keyboard = new QemuKeyboard(qemu(image, undefined, options));
    return this.#keyboard;
  }
  next(): Keyboard {
    if (!this.#keyboard) throw new Error('the system has not begun');
    return this.#keyboard;
  }
  end(): void {
    this.#keyboard?.child.kill('SIGKILL');
  }
}

describe.each([
  ['our machine', new Ours(), true],
  ['QEMU', new Qemu(), haveOracles('qemu-system-x86_64')],
] as const)('on %s', (_name, system, present) => {
  beforeAll(async () => {
    if (present) await prepare(await system.begin());
  }, 900_000);
  afterAll(() => system.end());
  const when = test.skipIf(!present);

  when('a login on a terminal of the zone, with job control, until exit', { timeout: PATIENCE }, async () => {
    const typed = system.next();
    const begun = await typed.line('zlogin z1', ZONE);
    expect(begun).toContain("\r\n[Connected to zone 'z1' pts/1]\r\n");
    // Its own terminal, which it controls, and lines that end once.
    expect(await typed.line('tty; zonename; ps -o tty,comm -t pts/1', ZONE)).toMatch(
      /\r\n\/dev\/pts\/1\r\nz1\r\nTT +COMMAND\r\n(?:pts\/1 .*\r\n)+\[root@z1/,
    );
    // It says when it is there to be stopped.
    await typed.line('sh -c "echo up; sleep 1000"', /\r\nup\r\n/);
    await typed.control('\x1a', /Stopped +sh -c "echo up; sleep 1000"\r\n\[root@z1 \S+\]# $/);
    await typed.line('jobs', /\[1\]\+ +Stopped +sh -c "echo up; sleep 1000"\r\n\[root@z1 \S+\]# $/);
    await typed.keys('bg; jobs\r', /\[1\]\+? +Running +sh -c "echo up; sleep 1000" ?&?\r\n\[root@z1 \S+\]# $/);
    await typed.keys('fg\r', /\r\nsh -c "echo up; sleep 1000"\r\n/);
    await typed.control('\x03', ZONE);
    expect(await typed.line('jobs; exit', GLOBAL)).toContain("\r\n[Connection to zone 'z1' pts/1 closed]\r\n");
    // The terminal outside is as it was.
    expect(await typed.line('stty -a | grep -c -e "icanon echo" -e opost', GLOBAL)).toMatch(/\r\n2\r\n\[root@diorama/);
  });

  when('the terminal is as large as the one outside, and becomes so when that changes', { timeout: PATIENCE }, async () => {
    const typed = system.next();
    await typed.line('stty rows 30 columns 100; zlogin z1', ZONE);
    await typed.line('stty size', /\r\n30 100\r\n\[root@z1 \S+\]# $/);
    expect(await typed.line('exit', GLOBAL)).toContain('closed');
    await typed.line('(trap "" TTOU; sleep 1; stty rows 50 columns 120 < /dev/console) & zlogin z1', ZONE);
    await typed.line('sleep 2; stty size', /\r\n50 120\r\n\[root@z1 \S+\]# $/);
    await typed.line('exit', GLOBAL);
  });

  when('the escape leaves, at the start of a line; typed twice it is itself', { timeout: PATIENCE }, async () => {
    const typed = system.next();
    await typed.line('zlogin z1', ZONE);
    await typed.line('echo ~.', /\r\n~\.\r\n\[root@z1 \S+\]# $/);
    await typed.line('~~no', /\r\n-bash: ~no: command not found\r\n\[root@z1 \S+\]# $/);
    expect(await typed.keys('~.', GLOBAL)).toMatch(/^\r\n\[Connection to zone 'z1' pts\/1 closed\]\r\n/);
    await typed.line('zlogin -e @ z1', ZONE);
    await typed.line('~.', /command not found\r\n\[root@z1 \S+\]# $/);
    expect(await typed.keys('@.', GLOBAL)).toContain('closed');
    // Whoever has gone that way has left nothing running.
    await typed.line('sleep 1; pgrep -z z1 -x bash; echo $?', /\r\n1\r\n\[root@diorama \S+\]# $/);
    // Without an escape it is text.
    await typed.line('zlogin -E z1', ZONE);
    await typed.line('~.', /command not found\r\n\[root@z1 \S+\]# $/);
    await typed.line('exit', GLOBAL);
  });

  when('a safe login has a shell and no profile', { timeout: PATIENCE }, async () => {
    const typed = system.next();
    await typed.line(
      'cd /zones/z1/root/etc; cp -p passwd profile /tmp; rm passwd; echo "echo profile" > profile; cd; zlogin -S z1',
      /# $/,
    );
    expect(await typed.line('echo $0; tty; zonename', /\r\nz1\r\n.*# $/)).toContain('\r\nsh\r\n/dev/pts/1\r\n');
    expect(await typed.line('exit', GLOBAL)).toContain("[Connection to zone 'z1' pts/1 closed]");
    await typed.line('cp -p /tmp/passwd /tmp/profile /zones/z1/root/etc', GLOBAL);
  });

  when(
    "who is at a zone's console sees it boot, logs in there, sees it reboot and halt, and leaves",
    {
      timeout: PATIENCE,
    },
    async () => {
      const typed = system.next();
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
    },
  );

  when('the console keeps its session when one leaves', { timeout: PATIENCE }, async () => {
    const typed = system.next();
    await typed.line('zlogin -C z1', /\[Connected to zone 'z1' console\]\r\n/);
    await typed.line('', /z1 console login: $/);
    await typed.line('root', ZONE);
    await typed.line('x=kept', ZONE);
    await typed.keys('~.', GLOBAL);
    await typed.line('zlogin -C z1', /\[Connected to zone 'z1' console\]\r\n/);
    await typed.line('echo $x', /\r\nkept\r\n\[root@z1 \S+\]# $/);
  });
});
