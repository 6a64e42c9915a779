// SPDX-License-Identifier: MIT
/**
 * @fileoverview The virtio PCI transport (virtio 1.2, section 4.1), modern interface only, as QEMU's `disable-legacy=on`.
 *
 * Layout, which is QEMU's: BAR 4 (16 KiB, 64-bit, prefetchable) holds four pages: common configuration, interrupt status, device
 * configuration, notification (multiplier 4). BAR 1 (4 KiB) holds the MSI-X table and, at 800h, its pending bits. The
 * capabilities are, in list order: MSI-X, PCI configuration access, notification, device, interrupt status, common.
 *
 * Status: the driver moves through ACKNOWLEDGE, DRIVER, FEATURES_OK, DRIVER_OK (2.1); FEATURES_OK sticks only if what the driver
 * accepted was offered and includes VIRTIO_F_VERSION_1. Writing 0 resets. A malformed ring or request sets DEVICE_NEEDS_RESET
 * and tells the driver; from then on the queues rest until reset.
 *
 * Work is done inside the notification write, so a request is complete, and its interrupt raised, before the next instruction.
 * Notifications that come before DRIVER_OK or without bus mastering are not lost: all queues are looked at when both are there.
 *
 * While the device works, its registers are closed: a driver may aim buffers at them, and without that the device would call
 * itself, to any depth. Such accesses read as ones and are dropped, as QEMU's re-entrancy guard does.
 *
 * Common configuration registers answer at their own offset only (4.1.3.1 demands natural widths of the driver); anything else reads as
 * zeros and is ignored. Omitted: queue reset, shared memory regions, notification data, the packed ring.
 */
import type { AccessSize, DeviceState, DmaMemory, RegisterBlock, StateValue } from '../../bus/device.ts';
import { loadFields } from '../../bus/state.ts';
import { CAPABILITY_VENDOR } from '../pci/configSpace.ts';
import { PciFunction } from '../pci/function.ts';
import type { Msix } from '../pci/msix.ts';
import { featureBits, type Transport, type VirtioModel } from './model.ts';
import { VirtQueue } from './virtqueue.ts';

export const F_INDIRECT_DESC = 28;
export const F_EVENT_IDX = 29;
export const F_VERSION_1 = 32;

export const STATUS_FEATURES_OK = 8;
export const STATUS_DRIVER_OK = 4;
export const STATUS_NEEDS_RESET = 0x40;

const NO_VECTOR = 0xffff;
const ISR_QUEUE = 1;
const ISR_CONFIG = 2;
const PAGE = 0x1000;
const BAR_SIZE = 4 * PAGE;
const NOTIFY_MULTIPLIER = 4;
const CFG_COMMON = { type: 1, at: 0x40, page: 0 };
const CFG_ISR = { type: 3, at: 0x50, page: 1 };
const CFG_DEVICE = { type: 4, at: 0x60, page: 2 };
const CFG_NOTIFY = { type: 2, at: 0x70, page: 3 };
/** The window into the BAR from configuration space: bar, offset, length and data registers. */
const PCI_CFG = 0x84;
const PCI_CFG_DATA = PCI_CFG + 16;
const MSIX_CAPABILITY = 0x98;

export class VirtioPci extends PciFunction implements Transport {
  readonly model: VirtioModel;
  /** Why the device needs a reset, for traces. */
  failure: string | undefined;
  readonly #msix: Msix;
  readonly #queues: VirtQueue[];
  readonly #offered: bigint;
  /** What BAR 4 shows. */
  readonly #registers: RegisterBlock = {
    read: (offset, size) => (this.#working ? ONES[size] : (this.#readRegister(offset, size) & ONES[size]) >>> 0),
    write: (offset, size, value) => {
      if (!this.#working) this.#writeRegister(offset, value, size);
    },
  };
  #accepted = 0n;
  #deviceFeatureSelect = 0;
  #driverFeatureSelect = 0;
  #configVector = NO_VECTOR;
  #status = 0;
  #generation = 0;
  #queueSelect = 0;
  #isr = 0;
  /** Never true between two instructions, so no part of a snapshot. */
  #working = false;

  constructor(name: string, model: VirtioModel, memory: DmaMemory) {
    super(name, {
      vendorId: 0x1af4,
      deviceId: 0x1040 + model.deviceId,
      revision: 1,
      classCode: model.classCode,
      subsystemVendorId: 0x1af4,
      subsystemId: 0x1100,
      interruptPin: 1,
    });
    this.model = model;
    this.#offered = model.features | featureBits(F_INDIRECT_DESC, F_EVENT_IDX, F_VERSION_1);
    this.#queues = model.queueSizes.map((size, index) => new VirtQueue(index, size, memory, (reason) => this.fail(reason)));
    for (const { type, at, page } of [CFG_COMMON, CFG_ISR, CFG_DEVICE]) this.#addStructure(at, 16, type, page * PAGE);
    this.#addStructure(CFG_NOTIFY.at, 20, CFG_NOTIFY.type, CFG_NOTIFY.page * PAGE);
    this.config.set(CFG_NOTIFY.at + 16, 4, NOTIFY_MULTIPLIER);
    this.config.addCapability(CAPABILITY_VENDOR, PCI_CFG, [20, 5]);
    this.config.allowWrites(PCI_CFG + 4, 1, 0xff);
    for (const register of [8, 12, 16]) this.config.allowWrites(PCI_CFG + register, 4, 0xffff_ffff);
    this.#msix = this.addMsix({ offset: MSIX_CAPABILITY, vectors: model.vectors, bar: 1, tableOffset: 0, pendingOffset: 0x800 });
    this.addBar(1, { kind: 'memory32', size: PAGE, registers: this.#msix });
    this.addBar(4, { kind: 'memory64', size: BAR_SIZE, prefetchable: true, registers: this.#registers });
    model.connect(this);
  }

  queue(index: number): VirtQueue {
    return this.#queues[index];
  }

  accepted(bit: number): boolean {
    return ((this.#accepted >> BigInt(bit)) & 1n) !== 0n;
  }

  get running(): boolean {
    return (this.#status & (STATUS_DRIVER_OK | STATUS_NEEDS_RESET)) === STATUS_DRIVER_OK && this.busMaster;
  }

  work(action: () => void): void {
    const before = this.#working;
    this.#working = true;
    try {
      action();
    } finally {
      this.#working = before;
    }
  }

  notifyUsed(queue: VirtQueue): void {
    if (queue.shouldInterrupt()) this.#interrupt(ISR_QUEUE, queue.vector);
  }

  notifyConfig(): void {
    this.#generation = (this.#generation + 1) & 0xff;
    if (this.#status & STATUS_DRIVER_OK) this.#interrupt(ISR_CONFIG, this.#configVector);
  }

  fail(reason: string): void {
    this.failure = reason;
    this.#status |= STATUS_NEEDS_RESET;
    if (this.#status & STATUS_DRIVER_OK) this.#interrupt(ISR_CONFIG, this.#configVector);
  }

  override reset(): void {
    super.reset();
    this.#resetDevice();
  }

  override save(): DeviceState {
    return {
      ...super.save(),
      accepted: this.#accepted,
      deviceFeatureSelect: this.#deviceFeatureSelect,
      driverFeatureSelect: this.#driverFeatureSelect,
      configVector: this.#configVector,
      status: this.#status,
      generation: this.#generation,
      queueSelect: this.#queueSelect,
      isr: this.#isr,
      failure: this.failure ?? '',
      queues: this.#queues.map((queue) => queue.save() as StateValue),
      model: this.model.save(),
    };
  }

  override load(state: DeviceState): void {
    super.load(state);
    const shape = {
      accepted: 0n,
      deviceFeatureSelect: 0,
      driverFeatureSelect: 0,
      configVector: 0,
      status: 0,
      generation: 0,
      queueSelect: 0,
      isr: 0,
      failure: '',
      queues: this.#queues.map((queue) => queue.save()),
    };
    const fields = loadFields(this.name, state, 1, shape);
    this.#accepted = fields.accepted;
    this.#deviceFeatureSelect = fields.deviceFeatureSelect;
    this.#driverFeatureSelect = fields.driverFeatureSelect;
    this.#configVector = fields.configVector;
    this.#status = fields.status;
    this.#generation = fields.generation;
    this.#queueSelect = fields.queueSelect;
    this.#isr = fields.isr;
    this.failure = fields.failure === '' ? undefined : fields.failure;
    for (const [index, queue] of this.#queues.entries()) queue.load(fields.queues[index]);
    this.#applyFeatures();
    this.model.load(state.model as DeviceState);
  }

  protected override beforeConfigRead(offset: number, size: AccessSize): void {
    if (!this.config.touches(offset, size, PCI_CFG_DATA, 4)) return;
    const window = this.#window();
    if (window) this.config.set(PCI_CFG_DATA, window.size, this.#registers.read(window.offset, window.size));
  }

  protected override afterConfigWrite(offset: number, size: AccessSize): void {
    if (!this.config.touches(offset, size, PCI_CFG_DATA, 4)) return;
    const window = this.#window();
    if (window) this.#registers.write(window.offset, window.size, this.config.get(PCI_CFG_DATA, window.size));
  }

  protected override busMasterChanged(): void {
    this.#kickAll();
  }

  #addStructure(at: number, length: number, type: number, offset: number): void {
    this.config.addCapability(CAPABILITY_VENDOR, at, [length, type, 4]);
    this.config.set(at + 8, 4, offset);
    this.config.set(at + 12, 4, PAGE);
  }

  /** What the PCI configuration access capability points at, if it is an access that the BAR allows. */
  #window(): { offset: number; size: AccessSize } | undefined {
    const offset = this.config.get(PCI_CFG + 8, 4);
    const size = this.config.get(PCI_CFG + 12, 4);
    if (this.config.get(PCI_CFG + 4, 1) !== 4 || (size !== 1 && size !== 2 && size !== 4)) return undefined;
    return offset % size === 0 && offset + size <= BAR_SIZE ? { offset, size } : undefined;
  }

  #readRegister(offset: number, size: AccessSize): number {
    const within = offset & (PAGE - 1);
    switch (offset >>> 12) {
      case CFG_COMMON.page:
        return this.#readCommon(within);
      case CFG_ISR.page:
        return within === 0 ? this.#takeIsr() : 0;
      case CFG_DEVICE.page: {
        const config = this.model.readConfig();
        let value = 0;
        for (let i = size - 1; i >= 0; i--) value = (value << 8) | (config[within + i] ?? 0xff);
        return value;
      }
      default:
        return 0;
    }
  }

  #writeRegister(offset: number, value: number, size: AccessSize): void {
    const within = offset & (PAGE - 1);
    switch (offset >>> 12) {
      case CFG_COMMON.page:
        this.#writeCommon(within, value);
        break;
      case CFG_DEVICE.page:
        for (let i = 0; i < size; i++) this.model.writeConfig(within + i, (value >>> (8 * i)) & 0xff);
        break;
      case CFG_NOTIFY.page:
        this.#kick(Math.floor(within / NOTIFY_MULTIPLIER));
        break;
    }
  }

  #readCommon(offset: number): number {
    const queue = this.#queues[this.#queueSelect];
    switch (offset) {
      case 0x00:
        return this.#deviceFeatureSelect;
      case 0x04:
        return word(this.#offered, this.#deviceFeatureSelect);
      case 0x08:
        return this.#driverFeatureSelect;
      case 0x0c:
        return word(this.#accepted, this.#driverFeatureSelect);
      case 0x10:
        return this.#configVector;
      case 0x12:
        return this.#queues.length;
      case 0x14:
        return this.#status;
      case 0x15:
        return this.#generation;
      case 0x16:
        return this.#queueSelect;
      case 0x18:
        return queue?.size ?? 0;
      case 0x1a:
        return queue?.vector ?? NO_VECTOR;
      case 0x1c:
        return queue?.enabled ? 1 : 0;
      case 0x1e:
        return this.#queueSelect;
      default:
        return offset >= 0x20 && offset < 0x38 && offset % 4 === 0 ? (queue?.addresses[(offset - 0x20) >>> 2] ?? 0) : 0;
    }
  }

  #writeCommon(offset: number, value: number): void {
    const queue = this.#queues[this.#queueSelect];
    switch (offset) {
      case 0x00:
        this.#deviceFeatureSelect = value;
        break;
      case 0x08:
        this.#driverFeatureSelect = value;
        break;
      case 0x0c:
        if (!(this.#status & STATUS_FEATURES_OK)) this.#accepted = withWord(this.#accepted, this.#driverFeatureSelect, value);
        break;
      case 0x10:
        this.#configVector = this.#vector(value);
        break;
      case 0x14:
        this.#setStatus(value & 0xff);
        break;
      case 0x16:
        this.#queueSelect = value & 0xffff;
        break;
      case 0x18:
        if (queue && !queue.enabled && isPowerOfTwo(value) && value <= queue.maxSize) queue.size = value;
        break;
      case 0x1a:
        if (queue) queue.vector = this.#vector(value);
        break;
      case 0x1c:
        if (queue && (value & 0xffff) === 1) queue.enabled = true;
        break;
      default:
        if (queue && !queue.enabled && offset >= 0x20 && offset < 0x38 && offset % 4 === 0) {
          queue.addresses[(offset - 0x20) >>> 2] = value;
        }
    }
  }

  #setStatus(value: number): void {
    if (value === 0) {
      this.#resetDevice();
      return;
    }
    const before = this.#status;
    // The driver cannot take DEVICE_NEEDS_RESET away, nor set it.
    let status = (value & ~STATUS_NEEDS_RESET) | (before & STATUS_NEEDS_RESET);
    if (status & ~before & STATUS_FEATURES_OK && !this.#featuresAreValid()) status &= ~STATUS_FEATURES_OK;
    this.#status = status;
    if (status & ~before & STATUS_FEATURES_OK) this.#applyFeatures();
    if (status & ~before & STATUS_DRIVER_OK) this.#kickAll();
  }

  #featuresAreValid(): boolean {
    return (this.#accepted & ~this.#offered) === 0n && this.accepted(F_VERSION_1);
  }

  #applyFeatures(): void {
    for (const queue of this.#queues) {
      queue.eventIndex = this.accepted(F_EVENT_IDX);
      queue.indirect = this.accepted(F_INDIRECT_DESC);
    }
  }

  #resetDevice(): void {
    this.#accepted = 0n;
    this.#deviceFeatureSelect = 0;
    this.#driverFeatureSelect = 0;
    this.#configVector = NO_VECTOR;
    this.#status = 0;
    this.#queueSelect = 0;
    this.failure = undefined;
    this.#takeIsr();
    for (const queue of this.#queues) queue.reset();
    this.model.reset();
  }

  #vector(value: number): number {
    return (value & 0xffff) < this.#msix.vectors ? value & 0xffff : NO_VECTOR;
  }

  #kick(index: number): void {
    if (this.#working || !this.running || !this.#queues[index]?.enabled) return;
    this.work(() => this.model.kick(index));
  }

  #kickAll(): void {
    for (let index = 0; index < this.#queues.length; index++) this.#kick(index);
  }

  #interrupt(cause: number, vector: number): void {
    this.#isr |= cause;
    if (!this.msixEnabled) this.setPin(true);
    else if (vector !== NO_VECTOR) this.#msix.notify(vector);
  }

  #takeIsr(): number {
    const isr = this.#isr;
    this.#isr = 0;
    this.setPin(false);
    return isr;
  }
}

const ONES = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff } as const;

function isPowerOfTwo(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0;
}

/** The 32-bit word `index` of a feature set; words beyond the second are zero. */
function word(features: bigint, index: number): number {
  return index < 2 ? Number((features >> BigInt(32 * index)) & 0xffff_ffffn) : 0;
}

function withWord(features: bigint, index: number, value: number): bigint {
  if (index > 1) return features;
  const shift = BigInt(32 * index);
  return (features & ~(0xffff_ffffn << shift)) | (BigInt(value) << shift);
}
