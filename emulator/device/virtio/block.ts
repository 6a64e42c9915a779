// SPDX-License-Identifier: MIT
/**
 * @fileoverview The virtio block device (virtio 1.2, section 5.2).
 *
 * A request is a 16-byte header (type, reserved, sector), data, and one status byte, the last one writable; how buffers divide them is
 * the driver's choice. Requests are done in order, completely, within the notification. A request without room for header and
 * status is malformed and fails the device, as on QEMU; anything else that cannot be done gets a status: IOERR for ranges
 * outside the disk, sizes that are no multiple of 512, writes to a read-only disk and errors of the medium, UNSUPP for unknown types.
 *
 * Sectors are 512 bytes in the protocol; BLK_SIZE says the same. Limits of discard and write zeroes are QEMU's: one segment of up
 * to 3FFFFFh sectors.
 *
 * Omitted: CONFIG_WCE (the cache always writes back and honours flush), GEOMETRY, TOPOLOGY, several queues.
 */
import type { DeviceState } from '../../bus/device.ts';
import { loadFields } from '../../bus/state.ts';
import { featureBits, VirtioModel } from './model.ts';
import type { Chain } from './virtqueue.ts';

export const SECTOR_SIZE = 512;

/** A disk. Lengths are multiples of 512 bytes and ranges lie within `sectors`: callers check. */
export interface BlockBackend {
  readonly sectors: number;
  readonly readOnly: boolean;
  /** The disk's identity, as its guest reads it; without one the machine numbers its disks. */
  readonly serial?: string;
  /** A medium that fails throws `MediumError`; the guest sees an I/O error. */
  read(sector: number, into: Uint8Array): void;
  write(sector: number, from: Uint8Array): void;
  /** What was written before is durable. */
  flush(): void;
  /** Makes a range read as zeros, giving up its storage where possible. Without it zeros are written, and discarding does nothing. */
  writeZeroes?(sector: number, count: number): void;
}

/** The host could not read or write the medium. */
export class MediumError extends Error {}

const F_SEG_MAX = 2;
const F_RO = 5;
const F_BLK_SIZE = 6;
const F_FLUSH = 9;
const F_DISCARD = 13;
const F_WRITE_ZEROES = 14;

const T_IN = 0;
const T_OUT = 1;
const T_FLUSH = 4;
const T_GET_ID = 8;
const T_DISCARD = 11;
const T_WRITE_ZEROES = 13;

const S_OK = 0;
const S_IOERR = 1;
const S_UNSUPP = 2;

const HEADER_SIZE = 16;
const ID_SIZE = 20;
const RANGE_SIZE = 16;
const RANGE_F_UNMAP = 1;
const QUEUE_SIZE = 256;
const MAX_RANGE_SECTORS = 0x3f_ffff;
/** Data that is not one stretch of the guest's memory moves through a buffer of this many bytes. */
const BOUNCE_SIZE = 0x1_0000;

interface Result {
  status: number;
  /** Bytes of data written to the guest, the status byte not counted. */
  written: number;
}

export class VirtioBlock extends VirtioModel {
  readonly deviceId = 2;
  readonly classCode = 0x01_00_00;
  readonly queueSizes = [QUEUE_SIZE];
  readonly features: bigint;
  readonly #disk: BlockBackend;
  readonly #serial: Uint8Array;
  readonly #config = new Uint8Array(60);
  readonly #bounce = new Uint8Array(BOUNCE_SIZE);

  /** `serial` is what the guest reads as the disk's identity: at most 20 ASCII characters. */
  constructor(disk: BlockBackend, options: { serial?: string } = {}) {
    super();
    this.#disk = disk;
    this.#serial = new Uint8Array(ID_SIZE);
    this.#serial.set(Array.from(options.serial ?? '', (char) => char.charCodeAt(0) & 0x7f).slice(0, ID_SIZE));
    const writes = disk.readOnly ? [F_RO] : [F_DISCARD, F_WRITE_ZEROES];
    this.features = featureBits(F_SEG_MAX, F_BLK_SIZE, F_FLUSH, ...writes);
    const config = new DataView(this.#config.buffer);
    config.setBigUint64(0, BigInt(disk.sectors), true);
    config.setUint32(12, QUEUE_SIZE - 2, true);
    config.setUint32(20, SECTOR_SIZE, true);
    if (!disk.readOnly) {
      config.setUint32(36, MAX_RANGE_SECTORS, true);
      config.setUint32(40, 1, true);
      config.setUint32(44, 1, true);
      config.setUint32(48, MAX_RANGE_SECTORS, true);
      config.setUint32(52, 1, true);
      config.setUint8(56, 1);
    }
  }

  readConfig(): Uint8Array {
    return this.#config;
  }

  kick(index: number): void {
    const queue = this.transport.queue(index);
    for (let chain = queue.pop(); chain; chain = queue.pop()) {
      const writable = chain.writableLength;
      if (chain.readableLength < HEADER_SIZE || writable < 1) {
        this.transport.fail('a block request has no room for header or status');
        break;
      }
      const { status, written } = this.#serve(chain, writable - 1);
      chain.write(writable - 1, Uint8Array.of(status));
      queue.push(chain, written + 1);
    }
    this.transport.notifyUsed(queue);
  }

  /** Requests never outlive a notification, and the disk's contents are not the device's state. */
  save(): DeviceState {
    return { version: 1, sectors: this.#disk.sectors };
  }

  load(state: DeviceState): void {
    const { sectors } = loadFields(this.transport.name, state, 1, { sectors: 0 });
    if (sectors !== this.#disk.sectors) {
      throw new Error(
        `${this.transport.name}: the snapshot has a disk of ${sectors} sectors, the machine one of ${this.#disk.sectors}`,
      );
    }
  }

  /** `room` is the writable length without the status byte. */
  #serve(chain: Chain, room: number): Result {
    const header = new Uint8Array(HEADER_SIZE);
    chain.read(0, header);
    const view = new DataView(header.buffer);
    const type = view.getUint32(0, true);
    // A sector number that a double cannot hold exactly is far outside any disk, and stays so when rounded.
    const sector = Number(view.getBigUint64(8, true));
    try {
      switch (type) {
        case T_IN:
          return this.#read(chain, sector, room);
        case T_OUT:
          return result(this.#write(chain, sector, chain.readableLength - HEADER_SIZE));
        case T_FLUSH:
          this.#disk.flush();
          return result(S_OK);
        case T_GET_ID:
          return { status: S_OK, written: chain.write(0, this.#serial.subarray(0, Math.min(room, ID_SIZE))) };
        case T_DISCARD:
        case T_WRITE_ZEROES:
          return result(this.#clear(chain, type));
        default:
          return result(S_UNSUPP);
      }
    } catch (error) {
      if (error instanceof MediumError) return result(S_IOERR);
      throw error;
    }
  }

  #read(chain: Chain, sector: number, length: number): Result {
    if (!this.#isTransfer(sector, length)) return result(S_IOERR);
    const whole = chain.writableMemory(0, length);
    if (whole) {
      this.#disk.read(sector, whole);
      return { status: S_OK, written: length };
    }
    for (let done = 0; done < length; ) {
      const piece = this.#bounce.subarray(0, Math.min(BOUNCE_SIZE, length - done));
      this.#disk.read(sector + done / SECTOR_SIZE, piece);
      done += chain.write(done, piece);
    }
    return { status: S_OK, written: length };
  }

  #write(chain: Chain, sector: number, length: number): number {
    if (this.#disk.readOnly || !this.#isTransfer(sector, length)) return S_IOERR;
    const whole = chain.readableMemory(HEADER_SIZE, length);
    if (whole) {
      this.#disk.write(sector, whole);
      return S_OK;
    }
    for (let done = 0; done < length; ) {
      const piece = this.#bounce.subarray(0, Math.min(BOUNCE_SIZE, length - done));
      chain.read(HEADER_SIZE + done, piece);
      this.#disk.write(sector + done / SECTOR_SIZE, piece);
      done += piece.length;
    }
    return S_OK;
  }

  #clear(chain: Chain, type: number): number {
    if (this.#disk.readOnly) return S_IOERR;
    if (chain.readableLength !== HEADER_SIZE + RANGE_SIZE) return S_UNSUPP;
    const range = new Uint8Array(RANGE_SIZE);
    chain.read(HEADER_SIZE, range);
    const view = new DataView(range.buffer);
    const sector = Number(view.getBigUint64(0, true));
    const count = view.getUint32(8, true);
    const flags = view.getUint32(12, true);
    if (flags & ~(type === T_WRITE_ZEROES ? RANGE_F_UNMAP : 0)) return S_UNSUPP;
    if (count > MAX_RANGE_SECTORS || !this.#contains(sector, count)) return S_IOERR;
    // What a discarded range reads as is undefined, so a disk that cannot give up storage keeps it.
    if (this.#disk.writeZeroes) this.#disk.writeZeroes(sector, count);
    else if (type === T_WRITE_ZEROES) this.#writeZeros(sector, count);
    return S_OK;
  }

  #writeZeros(sector: number, count: number): void {
    this.#bounce.fill(0);
    for (let done = 0; done < count; ) {
      const sectors = Math.min(BOUNCE_SIZE / SECTOR_SIZE, count - done);
      this.#disk.write(sector + done, this.#bounce.subarray(0, sectors * SECTOR_SIZE));
      done += sectors;
    }
  }

  #isTransfer(sector: number, length: number): boolean {
    return length % SECTOR_SIZE === 0 && this.#contains(sector, length / SECTOR_SIZE);
  }

  #contains(sector: number, count: number): boolean {
    return sector + count <= this.#disk.sectors;
  }
}

function result(status: number): Result {
  return { status, written: 0 };
}
