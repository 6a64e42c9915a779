// SPDX-License-Identifier: MIT
/**
 * @fileoverview Which devices sit where: QEMU's q35 with an ICH9, and nothing that QEMU lacks.
 *
 * This is the memory map and the wiring, and no behaviour. To add a device: make it here, map its registers, connect its
 * lines, and put it into `devices`, whose order is that of snapshots and resets.
 */
import type { Device, DmaMemory, IrqLine, RegisterBlock } from '../bus/device.ts';
import { SeededEntropy } from '../bus/entropy.ts';
import { SharedLine, systemInterrupts } from '../bus/irq.ts';
import { MmioBus } from '../bus/mmioBus.ts';
import { PortBus } from '../bus/portBus.ts';
import { VirtualClock } from '../bus/timers.ts';
import { A20Gate } from '../device/a20Gate.ts';
import { AcpiPm } from '../device/acpiPm.ts';
import { DebugPort } from '../device/debugPort.ts';
import { FwCfg } from '../device/fwCfg.ts';
import { Hpet } from '../device/hpet.ts';
import { I8042 } from '../device/i8042.ts';
import { InterruptBus } from '../device/interruptBus.ts';
import { IoApic } from '../device/ioapic.ts';
import { PciBus } from '../device/pci/bus.ts';
import { HostBridge } from '../device/pci/hostBridge.ts';
import { LpcBridge } from '../device/pci/lpcBridge.ts';
import { Pic8259 } from '../device/pic8259.ts';
import { Pit8254 } from '../device/pit8254.ts';
import { PvPanic } from '../device/pvpanic.ts';
import { ResetControl } from '../device/resetControl.ts';
import { Rtc } from '../device/rtc.ts';
import { Uart16550 } from '../device/uart16550.ts';
import { Vga } from '../device/vga.ts';
import { type BlockBackend, VirtioBlock } from '../device/virtio/block.ts';
import { type ConsolePort, VirtioConsole } from '../device/virtio/console.ts';
import { type NetBackend, VirtioNet } from '../device/virtio/net.ts';
import { VirtioRng } from '../device/virtio/rng.ts';
import { VirtioPci } from '../device/virtio/virtioPci.ts';
import { HPET_BASE, IOAPIC_BASE, memoryLayout } from '../firmware/memoryMap.ts';

export interface BoardOptions {
  ramSize: number;
  cpus: number;
  /** Seconds since 1970 at power-on. */
  epoch: number;
  seed: string;
  disks: readonly BlockBackend[];
  net: { backend: NetBackend; mac: readonly number[] } | undefined;
  consolePorts: ConsolePort[];
}
/** What the board tells the machine. */
export interface BoardEvents {
  serial(port: 0 | 1, byte: number): void;
  debug(byte: number): void;
  powerOff(): void;
  reset(): void;
  panic(): void;
  /** The A20 gate, for the processors. */
  a20(open: boolean): void;
  /** The 8259 pair's INT output, on its way to the processors' LINT0. */
  interrupt(level: boolean): void;
}

const LPC_SLOT = 31;
/** Inputs of the I/O APIC. */
const SYSTEM_INTERRUPTS = 24;
const FIRST_DISK_SLOT = 4;

export class Board {
  readonly ports = new PortBus();
  readonly mmio = new MmioBus();
  readonly clock = new VirtualClock();
  readonly interrupts = new InterruptBus();
  readonly entropy: SeededEntropy;
  readonly pic: Pic8259;
  readonly serial: readonly [Uart16550, Uart16550];
  readonly keyboard: I8042;
  readonly vga: Vga;
  readonly power: AcpiPm;
  readonly fwCfg: FwCfg;
  /** Exists if it has ports. */
  readonly virtioConsole: VirtioConsole | undefined;
  readonly devices: Device[];
  /** How often each of the global system interrupts 0-23 was raised since the machine was made; no part of its state. */
  readonly raised = new Float64Array(SYSTEM_INTERRUPTS);

  constructor(options: BoardOptions, memory: DmaMemory, events: BoardEvents) {
    const { ports, mmio, clock } = this;
    this.entropy = new SeededEntropy(options.seed);
    this.pic = new Pic8259({ set: (level) => events.interrupt(level) });
    const ioapic = new IoApic(this.interrupts);
    const gsi = systemInterrupts(this.pic.inputs, ioapic.inputs).map((line, n) => new SharedLine(this.counted(line, n)));
    const irq = (n: number): IrqLine => gsi[n].source();

    const hpet = new Hpet(
      clock,
      gsi.map((line) => line.source()),
    );
    const pit = new Pit8254(clock, hpet.pitInput);
    const { lowTop, highTop } = memoryLayout(options.ramSize);
    const rtc = new Rtc(clock, hpet.rtcInput, {
      epochSeconds: options.epoch,
      memoryBelow4G: lowTop,
      memoryAbove4G: highTop - 2 ** 32,
      cpus: options.cpus,
    });
    const reset = (): void => events.reset();
    const a20Gate = new A20Gate((open) => events.a20(open));
    const a20 = (open: boolean): void => a20Gate.set(open);
    this.keyboard = new I8042(clock, irq(1), irq(12), reset, a20);
    const resetControl = new ResetControl(reset, a20);
    this.serial = [
      new Uart16550('serial0', clock, irq(4), (byte) => events.serial(0, byte)),
      new Uart16550('serial1', clock, irq(3), (byte) => events.serial(1, byte)),
    ];
    this.vga = new Vga(clock);
    // Whoever has loaded a crash kernel is about to run it.
    const panic = new PvPanic((event) => {
      if (event === 'panicked') events.panic();
    });
    const debug = new DebugPort((byte) => events.debug(byte));
    this.fwCfg = new FwCfg('fw_cfg', memory);

    const pci = new PciBus({ ports, memory: mmio, msi: this.interrupts.msi });
    let sci: IrqLine = { set() {} };
    this.power = new AcpiPm(clock, { set: (level) => sci.set(level) }, () => events.powerOff());
    const hostBridge = new HostBridge('host-bridge', pci);
    const lpc = new LpcBridge('lpc-bridge', pci, {
      gsi: gsi.map((line) => line.source()),
      powerManagement: this.power.registers,
    });
    sci = lpc.sci;
    if (options.consolePorts.length > 0) this.virtioConsole = new VirtioConsole(options.consolePorts);
    const functions = virtioFunctions(options, memory, this.entropy, this.virtioConsole);

    const mapPorts: readonly [number, number, string, RegisterBlock][] = [
      [0x20, 2, 'pic-master', this.pic.master],
      [0x40, 4, 'pit', pit.registers],
      [0x60, 1, 'i8042-data', this.keyboard.data],
      [0x61, 1, 'speaker', pit.speakerPort],
      [0x64, 1, 'i8042-command', this.keyboard.command],
      [0x70, 2, 'rtc', rtc.registers],
      [0x92, 1, 'port92', resetControl.port92],
      [0xa0, 2, 'pic-slave', this.pic.slave],
      [0xb2, 2, 'apm', this.power.apm],
      [0xe9, 1, 'debug', debug.registers],
      [0x2f8, 8, 'serial1', this.serial[1].registers],
      [0x3b0, 0x30, 'vga', this.vga.ports],
      [0x3f8, 8, 'serial0', this.serial[0].registers],
      [0x4d0, 2, 'elcr', this.pic.elcr],
      [0x505, 1, 'pvpanic', panic.registers],
      [0x510, 12, 'fw_cfg', this.fwCfg],
      [0xcf8, 1, 'pci-address', hostBridge.configAddress],
      [0xcf9, 1, 'reset-control', resetControl.cf9],
      [0xcfc, 4, 'pci-data', hostBridge.configData],
    ];
    for (const [base, length, name, block] of mapPorts) ports.map(base, length, name, block);
    mmio.map(0xa0000, 0x20000, 'vga', this.vga.memory);
    mmio.map(IOAPIC_BASE, 0x1000, 'ioapic', ioapic.registers);
    mmio.map(HPET_BASE, 0x400, 'hpet', hpet.registers);
    // Behind the fixed ranges, which win where a guest puts a BAR on top of them.
    pci.add(hostBridge, 0);
    pci.add(lpc, LPC_SLOT);
    for (const { slot, device } of functions) pci.add(device, slot);

    this.devices = [
      clock,
      this.entropy,
      this.pic,
      ioapic,
      hpet,
      pit,
      rtc,
      this.keyboard,
      resetControl,
      // Behind the two that drive it: it alone knows who did last.
      a20Gate,
      ...this.serial,
      this.vga,
      panic,
      debug,
      this.power,
      this.fwCfg,
      hostBridge,
      lpc,
      ...functions.map((f) => f.device),
    ];
    for (const device of this.devices) device.reset();
  }

  private counted(line: IrqLine, gsi: number): IrqLine {
    let was = false;
    return {
      set: (level) => {
        if (level && !was) this.raised[gsi]++;
        was = level;
        line.set(level);
      },
    };
  }
}

/** Slots as `-device` on a q35 would fill them: console, random numbers, network, then disks. */
function virtioFunctions(
  options: BoardOptions,
  memory: DmaMemory,
  entropy: SeededEntropy,
  virtioConsole: VirtioConsole | undefined,
): { slot: number; device: VirtioPci }[] {
  const list = [{ slot: 2, device: new VirtioPci('virtio-rng', new VirtioRng(entropy), memory) }];
  if (virtioConsole) list.unshift({ slot: 1, device: new VirtioPci('virtio-console', virtioConsole, memory) });
  if (options.net) {
    const { backend, mac } = options.net;
    list.push({ slot: 3, device: new VirtioPci('virtio-net', new VirtioNet(backend, { mac }), memory) });
  }
  options.disks.forEach((disk, i) => {
    list.push({
      slot: FIRST_DISK_SLOT + i,
      device: new VirtioPci(`virtio-blk${i}`, new VirtioBlock(disk, { serial: disk.serial ?? `disk${i}` }), memory),
    });
  });
  return list;
}
