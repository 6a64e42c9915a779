// SPDX-License-Identifier: MIT
/** @fileoverview The machines that `./diorama bench zfs` measures in: ours, in this process, and QEMU's TCG; both with an empty disk for a pool of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BlockBackend, Machine } from '../../emulator/host/library.ts';
import type { System } from '../os/guestTests.ts';

const MIB = 1 << 20;
/** MiB of a disk that are one array. */
const PIECE = 64;
const PROMPT = /\]# $/;
/** What the program prints at the end, or instead. */
const END = /@end \S+ (\d+)\r|(zfsbench: .*)\r/;
const MEMORY = 1024;
const POOL = 512;
const APPEND = 'console=ttya';

export interface ZfsSample {
  /** By the guest's clock: of our machine, instructions, one each. */
  readonly instructions: number;
  /** Of the host's processors. */
  readonly milliseconds: number;
}

export abstract class Guest {
  protected abstract send(line: string): void;
  protected abstract expect(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Milliseconds of the host's processors so far. */
  protected abstract spent(): number;
  abstract close(): void;

  /** Logs in and makes the pool `bench`. */
  protected async begin(disk: string): Promise<void> {
    await this.expect(/login: $/);
    await this.type('root');
    await this.type('set +o emacs');
    await this.type(`zpool create bench ${disk} && cd /`);
  }
  async type(line: string): Promise<void> {
    this.send(line);
    await this.expect(PROMPT);
  }
  /** Runs the program and measures between its marks. */
  async measure(words: string): Promise<ZfsSample> {
    this.send(`zfsbench ${words}`);
    await this.expect(/@begin/);
    const start = this.spent();
    const [, instructions, failure] = await this.expect(END);
    const milliseconds = this.spent() - start;
    if (failure) throw new Error(failure);
    await this.expect(PROMPT);
    return { instructions: Number(instructions), milliseconds };
  }
  async reopen(): Promise<void> {
    await this.type('zpool export bench; zpool import bench');
  }
}

export class OurGuest extends Guest {
  private constructor(private readonly machine: Machine) {
    super();
  }
  static async boot(library: { Machine: typeof Machine }, { kernel, archive }: System, mebibytes: number): Promise<OurGuest> {
    const disks = [{ memory: POOL * MIB, serial: 'pool' }, wholeDisk(mebibytes)];
    const guest = new OurGuest(library.Machine.boot({ kernel, initrd: archive, append: APPEND, memory: MEMORY * MIB, disks }));
    await guest.begin('c1t0d0');
    return guest;
  }
  /** Regions of the guest's code that have been compiled. */
  get regions(): number {
    return this.machine.inspect().processors.reduce((sum, { regions }) => sum + regions, 0);
  }
  protected send(line: string): void {
    this.machine.console.send(line);
  }
  protected expect(pattern: RegExp): Promise<RegExpMatchArray> {
    return this.machine.console.expect(pattern);
  }
  protected spent(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
  close(): void {
    this.machine.close();
  }
}

/** A disk whose memory the host has given already: what is measured should not be the host's first touch of a page. */
function wholeDisk(mebibytes: number): BlockBackend {
  const pieces = Array.from({ length: mebibytes / PIECE }, () => new Uint8Array(PIECE * MIB).fill(0));
  const visit = (sector: number, bytes: Uint8Array, each: (piece: Uint8Array, at: number, part: Uint8Array) => void): void => {
    for (let done = 0; done < bytes.length; ) {
      const position = sector * 512 + done;
      const at = position % (PIECE * MIB);
      const count = Math.min(bytes.length - done, PIECE * MIB - at);
      each(pieces[Math.floor(position / (PIECE * MIB))], at, bytes.subarray(done, done + count));
      done += count;
    }
  };
  return {
    sectors: mebibytes * (MIB / 512),
    readOnly: false,
    serial: 'bench',
    read: (sector, into) => visit(sector, into, (piece, at, part) => part.set(piece.subarray(at, at + part.length))),
    write: (sector, from) => visit(sector, from, (piece, at, part) => piece.set(part, at)),
    flush: () => undefined,
  };
}

export class QemuGuest extends Guest {
  private text = '';
  private readonly process: ChildProcess;
  private look: () => void = () => {};
  private exited = false;

  private constructor({ kernel, archive }: System, folder: string, mebibytes: number) {
    super();
    const disks = [emptyFile(folder, 'pool', POOL), emptyFile(folder, 'bench', mebibytes)].flatMap(({ name, path }) => [
      ...['-drive', `file=${path},format=raw,if=none,cache=unsafe,id=${name}`],
      ...['-device', `virtio-blk-pci,drive=${name},serial=${name}`],
    ]);
    const machine = ['-machine', 'q35,accel=tcg', '-cpu', 'qemu64', '-m', String(MEMORY), '-display', 'none', '-no-reboot'];
    const image = ['-kernel', kernel, '-initrd', archive, '-append', APPEND];
    const words = [...machine, '-serial', 'stdio', '-monitor', 'none', ...image, ...disks];
    this.process = spawn('qemu-system-x86_64', words, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.process.stdout!.setEncoding('latin1').on('data', (text: string) => {
      this.text += text;
      this.look();
    });
    this.process.on('exit', () => {
      this.exited = true;
      this.look();
    });
  }
  static async boot(system: System, folder: string, mebibytes: number): Promise<QemuGuest> {
    const guest = new QemuGuest(system, folder, mebibytes);
    await guest.begin('c1t0d0');
    return guest;
  }
  protected send(line: string): void {
    this.process.stdin!.write(`${line}\n`);
  }
  protected expect(pattern: RegExp): Promise<RegExpMatchArray> {
    return new Promise((resolve, reject) => {
      this.look = () => {
        const match = pattern.exec(this.text);
        if (match) {
          this.look = () => {};
          this.text = this.text.slice(match.index + match[0].length);
          resolve(match);
        } else if (this.exited) reject(new Error(`QEMU has ended: ${this.text}`));
      };
      this.look();
    });
  }
  /** All threads: the processor's, and those that do its input and output. */
  protected spent(): number {
    const tasks = `/proc/${this.process.pid}/task`;
    const nanoseconds = readdirSync(tasks).map((task) =>
      Number(readFileSync(`${tasks}/${task}/schedstat`, 'latin1').split(' ')[0]),
    );
    return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
  }
  close(): void {
    this.process.kill('SIGKILL');
  }
}

function emptyFile(folder: string, name: string, mebibytes: number): { name: string; path: string } {
  const path = join(folder, `${name}.raw`);
  const file = openSync(path, 'w');
  ftruncateSync(file, mebibytes * MIB);
  closeSync(file);
  return { name, path };
}
