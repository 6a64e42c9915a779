// SPDX-License-Identifier: MIT
/**
 * @fileoverview QEMU's firmware configuration device: named and numbered blobs that the machine gives to firmware and kernels
 * (QEMU docs/specs/fw_cfg).
 *
 * Ports, counted from 510h: 0 selects an item (16-bit writes), 1 reads it byte by byte, 4-Bh are the DMA address register, two big-endian
 * halves of which writing the low one starts a transfer. The transfer's descriptor in guest memory is big-endian: control, length,
 * address; bits of control: 0 error, 1 read, 2 skip, 3 select (item in bits 31:16), 4 write. It is done when control reads zero.
 *
 * Past the end of an item, and in items that do not exist, there are zeros. Only items that were added as writable can be written, by
 * DMA and within their length.
 *
 * Items 0 (signature), 1 (version: ports and DMA) and 19h (directory) are made here. Files are numbered from 20h in the order of
 * their names, so the machine adds all of them before it runs.
 */
import type { AccessSize, Device, DeviceState, DmaMemory, RegisterBlock } from '../bus/device.ts';
import { loadFields, saveFields } from '../bus/state.ts';

export const FW_CFG_PORT = 0x510;
export const FW_CFG_PORTS = 12;

const KEY_SIGNATURE = 0x00;
const KEY_ID = 0x01;
const KEY_DIRECTORY = 0x19;
const FIRST_FILE = 0x20;
/** Numbers are 14 bits; bit 14 once meant writing, bit 15 an architecture's own items. */
const MAX_FILES = 0x3fff - FIRST_FILE;
const NAME_SIZE = 56;
const DIRECTORY_ENTRY_SIZE = 64;

const ID_TRADITIONAL = 1;
const ID_DMA = 2;

const DMA_ERROR = 1;
const DMA_READ = 2;
const DMA_SKIP = 4;
const DMA_SELECT = 8;
const DMA_WRITE = 16;
const DMA_DESCRIPTOR_SIZE = 16;
const SIGNATURE = ascii('QEMU CFG');
const ONES = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff } as const;

export interface FwCfgFile {
  data: Uint8Array;
  /** The guest may write it; called after each write with the whole contents. */
  onWrite?: (data: Uint8Array) => void;
}

export class FwCfg implements Device, RegisterBlock {
  readonly name: string;
  readonly #memory: DmaMemory;
  readonly #items = new Map<number, Uint8Array>();
  readonly #files = new Map<string, FwCfgFile>();
  /** Files by number, once somebody has looked. */
  #numbered: FwCfgFile[] | undefined;
  #selected = 0;
  #offset = 0;
  /** The high half of the DMA address register. */
  #addressHigh = 0;

  constructor(name: string, memory: DmaMemory) {
    this.name = name;
    this.#memory = memory;
    this.#items.set(KEY_SIGNATURE, ascii('QEMU'));
    this.addItem(KEY_ID, Uint8Array.of(ID_TRADITIONAL | ID_DMA, 0, 0, 0));
  }

  /** A numbered item; architecture-specific ones have bit 15 set. */
  addItem(key: number, data: Uint8Array): void {
    this.#items.set(key, data.slice());
  }

  /** A named item, such as 'etc/acpi/tables' or 'opt/...'. */
  addFile(name: string, file: FwCfgFile): void {
    if (this.#numbered) throw new Error(`${this.name}: file ${name} comes after the machine has started`);
    if (name.length >= NAME_SIZE) throw new Error(`${this.name}: file name ${name} is longer than ${NAME_SIZE - 1} characters`);
    if (this.#files.size >= MAX_FILES) throw new Error(`${this.name}: more than ${MAX_FILES} files`);
    this.#files.set(name, { ...file, data: file.data.slice() });
  }

  reset(): void {
    this.#select(0);
    this.#addressHigh = 0;
  }

  read(offset: number, size: AccessSize): number {
    if (offset === 1 && size === 1) return this.#nextByte();
    if (offset < 4 || offset + size > FW_CFG_PORTS) return ONES[size];
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = (value << 8) | SIGNATURE[offset - 4 + i];
    return value >>> 0;
  }

  write(offset: number, size: AccessSize, value: number): void {
    if (offset === 0 && size === 2) this.#select(value);
    else if (offset === 4 && size === 4) this.#addressHigh = swap32(value);
    else if (offset === 8 && size === 4) {
      const address = this.#addressHigh * 2 ** 32 + swap32(value);
      this.#addressHigh = 0;
      this.#transfer(address);
    }
  }

  save(): DeviceState {
    return saveFields(1, {
      selected: this.#selected,
      offset: this.#offset,
      addressHigh: this.#addressHigh,
      written: Object.fromEntries(this.#writable().map(([name, file]) => [name, file.data])),
    });
  }

  load(state: DeviceState): void {
    const shape = {
      selected: 0,
      offset: 0,
      addressHigh: 0,
      written: Object.fromEntries(this.#writable().map(([name, file]) => [name, file.data])),
    };
    const fields = loadFields(this.name, state, 1, shape);
    this.#selected = fields.selected;
    this.#offset = fields.offset;
    this.#addressHigh = fields.addressHigh;
    for (const [name, file] of this.#writable()) file.data.set(fields.written[name]);
  }

  #writable(): [string, FwCfgFile][] {
    return [...this.#files].filter(([, file]) => file.onWrite);
  }

  #select(key: number): void {
    this.#selected = key;
    this.#offset = 0;
  }

  /** Files in the order of their numbers. */
  get #numberedFiles(): FwCfgFile[] {
    if (!this.#numbered) {
      const names = [...this.#files.keys()].sort((a, b) => (a < b ? -1 : 1));
      this.#numbered = names.map((name) => this.#files.get(name)!);
      this.#items.set(KEY_DIRECTORY, directory(names, this.#numbered));
    }
    return this.#numbered;
  }

  /** The selected item's bytes; none for a number nobody has. */
  #contents(): Uint8Array {
    const file = this.#numberedFiles[this.#selected - FIRST_FILE];
    return file?.data ?? this.#items.get(this.#selected) ?? NOTHING;
  }

  #nextByte(): number {
    const data = this.#contents();
    return this.#offset < data.length ? data[this.#offset++] : 0;
  }

  #transfer(address: number): void {
    const raw = new Uint8Array(DMA_DESCRIPTOR_SIZE);
    this.#memory.readBytes(address, raw);
    const descriptor = new DataView(raw.buffer);
    const control = descriptor.getUint32(0);
    const length = descriptor.getUint32(4);
    const target = descriptor.getUint32(8) * 2 ** 32 + descriptor.getUint32(12);
    if (control & DMA_SELECT) this.#select(control >>> 16);
    let failed = false;
    if (control & DMA_READ) this.#readInto(target, length);
    else if (control & DMA_WRITE) failed = !this.#writeFrom(target, length);
    else if (control & DMA_SKIP) this.#offset = Math.min(this.#offset + length, this.#contents().length);
    const answer = new Uint8Array(4);
    answer[3] = failed ? DMA_ERROR : 0;
    this.#memory.writeBytes(address, answer);
  }

  #readInto(target: number, length: number): void {
    const have = this.#contents().subarray(this.#offset, this.#offset + length);
    this.#memory.writeBytes(target, have);
    this.#offset += have.length;
    for (let done = have.length; done < length; done += ZEROS.length) {
      this.#memory.writeBytes(target + done, ZEROS.subarray(0, length - done));
    }
  }

  #writeFrom(source: number, length: number): boolean {
    const file = this.#numberedFiles[this.#selected - FIRST_FILE];
    if (!file?.onWrite || this.#offset + length > file.data.length) return false;
    this.#memory.readBytes(source, file.data.subarray(this.#offset, this.#offset + length));
    this.#offset += length;
    file.onWrite(file.data.slice());
    return true;
  }
}

const NOTHING = new Uint8Array(0);
const ZEROS = new Uint8Array(0x10_0000);

/** Item 19h: a count, then for each file its size, number and name, all big-endian. */
function directory(names: string[], files: FwCfgFile[]): Uint8Array {
  const bytes = new Uint8Array(4 + names.length * DIRECTORY_ENTRY_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, names.length);
  for (const [index, name] of names.entries()) {
    const at = 4 + index * DIRECTORY_ENTRY_SIZE;
    view.setUint32(at, files[index].data.length);
    view.setUint16(at + 4, FIRST_FILE + index);
    bytes.set(ascii(name), at + 8);
  }
  return bytes;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function swap32(value: number): number {
  return ((value >>> 24) | ((value >>> 8) & 0xff00) | ((value << 8) & 0xff_0000) | (value << 24)) >>> 0;
}
