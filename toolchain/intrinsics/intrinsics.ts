// SPDX-License-Identifier: MIT
/**
 * @fileoverview The typed intrinsics: what guest code may ask of the machine, one record each.
 *
 * A record gives the guest's declaration (`signature`, see signature.ts), the wasm import that it becomes and the machine
 * code that the translator puts in its place. Most expand to fixed instructions: arguments arrive in the named registers, a
 * result leaves in rax, and what else is destroyed is listed. Loads and stores are left to the translator, which folds their
 * addresses.
 *
 * All intrinsics are volatile: neither asc nor the translator merges, moves or drops them, which plain loads do not promise.
 * 8-, 16- and 32-bit results are zero-extended.
 * Intel SDM vol. 2; AMD64 APM vols. 2 and 3.
 */
import type { AccessIntrinsic, Intrinsic } from '../translate/types.ts';
import {
  absolute,
  al,
  ax,
  cr,
  dr,
  dx,
  eax,
  ebx,
  ecx,
  edx,
  type Gpr,
  indexed,
  Label,
  ptr,
  r8,
  r9,
  r10,
  r11,
  r15,
  rax,
  rbp,
  rbx,
  rcx,
  rdi,
  rdx,
  rsi,
  rsp,
  through,
  type X86,
} from '../x86/x86.ts';
import { declaration, parseSignature, type Signature, wasmSignature } from './signature.ts';

/** Where a record holds: kernels address their window through r15, user programs at 0; only they have system calls. */
export type Target = 'kernel' | 'user';

export interface IntrinsicRecord {
  readonly signature: Signature;
  readonly comment: string;
  readonly expansion: Intrinsic;
  /** Absent: both. */
  readonly target?: Target;
}

const RFLAGS_IF = 1 << 9;

const list: IntrinsicRecord[] = [];
const target: { current?: Target } = {};

function intrinsic(
  text: string,
  comment: string,
  inputs: readonly Gpr[],
  emit: (asm: X86) => void,
  clobbers: readonly Gpr[] = [],
): void {
  const signature = parseSignature(text);
  const { parameters, result } = wasmSignature(signature);
  if (inputs.length !== parameters.length) throw new Error(`${text}: ${inputs.length} registers`);
  list.push({
    signature,
    comment,
    expansion: { kind: 'fixed', parameters, result, inputs, clobbers, emit },
    target: target.current,
  });
}

/** What faults in user mode is offered to kernels only. */
const privileged: typeof intrinsic = (...values) => {
  target.current = 'kernel';
  intrinsic(...values);
  target.current = undefined;
};

function access(text: string, comment: string, expansion: AccessIntrinsic): void {
  list.push({ signature: parseSignature(text), comment, expansion, target: target.current });
}

// ---- port I/O

privileged('cpu.outb(port: u32, value: u32): void', 'OUT dx, al.', [rdx, rax], (asm) => asm.out(dx, al));
privileged('cpu.outw(port: u32, value: u32): void', 'OUT dx, ax.', [rdx, rax], (asm) => asm.out(dx, ax));
privileged('cpu.outl(port: u32, value: u32): void', 'OUT dx, eax.', [rdx, rax], (asm) => asm.out(dx, eax));
privileged('cpu.inb(port: u32): u32', 'IN al, dx.', [rdx], (asm) => {
  asm.in(al, dx);
  asm.movzx(eax, al);
});
privileged('cpu.inw(port: u32): u32', 'IN ax, dx.', [rdx], (asm) => {
  asm.in(ax, dx);
  asm.movzx(eax, ax);
});
privileged('cpu.inl(port: u32): u32', 'IN eax, dx.', [rdx], (asm) => asm.in(eax, dx));

// ---- control, debug and model-specific registers, time stamp

for (const number of [0, 2, 3, 4, 8] as const) {
  privileged(`cpu.readCr${number}(): u64`, `The control register CR${number}.`, [], (asm) => asm.mov(rax, cr(number)));
  privileged(`cpu.writeCr${number}(value: u64): void`, `Loads CR${number}.`, [rax], (asm) => asm.mov(cr(number), rax));
}

for (const number of [0, 1, 2, 3, 6, 7] as const) {
  privileged(`cpu.readDr${number}(): u64`, `The debug register DR${number}.`, [], (asm) => asm.mov(rax, dr(number)));
  privileged(`cpu.writeDr${number}(value: u64): void`, `Loads DR${number}.`, [rax], (asm) => asm.mov(dr(number), rax));
}

/** edx:eax -> rax */
function joinHalves(asm: X86): void {
  asm.shl(rdx, 32);
  asm.or(rax, rdx);
}
/** rax -> edx:eax */
function splitHalves(asm: X86): void {
  asm.mov(rdx, rax);
  asm.shr(rdx, 32);
}
function readPair(asm: X86, name: 'rdmsr' | 'rdtsc' | 'xgetbv'): void {
  asm.op(name);
  joinHalves(asm);
}
privileged('cpu.rdmsr(msr: u32): u64', 'Reads a model-specific register.', [rcx], (asm) => readPair(asm, 'rdmsr'), [rdx]);
privileged(
  'cpu.wrmsr(msr: u32, value: u64): void',
  'Writes a model-specific register.',
  [rcx, rax],
  (asm) => {
    splitHalves(asm);
    asm.op('wrmsr');
  },
  [rdx],
);
intrinsic('cpu.xgetbv(register: u32): u64', 'Reads an extended control register.', [rcx], (asm) => readPair(asm, 'xgetbv'), [
  rdx,
]);
privileged(
  'cpu.xsetbv(register: u32, value: u64): void',
  'Writes an extended control register.',
  [rcx, rax],
  (asm) => {
    splitHalves(asm);
    asm.op('xsetbv');
  },
  [rdx],
);
intrinsic('cpu.rdtsc(): u64', 'The time stamp counter.', [], (asm) => readPair(asm, 'rdtsc'), [rdx]);

/** CPUID destroys rbx, which the translator may keep a local in. */
for (const [index, name] of ['Eax', 'Ebx', 'Ecx', 'Edx'].entries()) {
  intrinsic(
    `cpu.cpuid${name}(leaf: u32, subleaf: u32): u32`,
    `CPUID's ${name.toUpperCase()} for a leaf and subleaf.`,
    [rax, rcx],
    (asm) => {
      asm.mov(rsi, rbx);
      asm.op('cpuid');
      if (index !== 0) asm.mov(eax, [eax, ebx, ecx, edx][index]);
      asm.mov(rbx, rsi);
    },
    [rdx, rsi],
  );
}

// ---- descriptor tables, translation caches, interrupts

privileged('cpu.lgdt(pseudoDescriptor: u64): void', 'Loads GDTR from a 10-byte pseudo-descriptor.', [rax], (asm) =>
  asm.lgdt(ptr(rax)),
);
privileged('cpu.lidt(pseudoDescriptor: u64): void', 'Loads IDTR from a 10-byte pseudo-descriptor.', [rax], (asm) =>
  asm.lidt(ptr(rax)),
);
privileged('cpu.ltr(selector: u32): void', 'Loads the task register.', [rax], (asm) => asm.ltr(eax));
privileged('cpu.invlpg(address: u64): void', 'Drops the translation of one page.', [rax], (asm) => asm.invlpg(ptr(rax)));
privileged('cpu.wbinvd(): void', 'Writes back and empties the caches.', [], (asm) => asm.op('wbinvd'));
privileged('cpu.cli(): void', 'Interrupts off.', [], (asm) => asm.op('cli'));
privileged('cpu.sti(): void', 'Interrupts on, after the next instruction.', [], (asm) => asm.op('sti'));
privileged('cpu.hlt(): void', 'Stops until an interrupt.', [], (asm) => asm.op('hlt'));
privileged('cpu.stiHlt(): void', 'Interrupts on and stop, so that none comes between the two.', [], (asm) => {
  asm.op('sti');
  asm.op('hlt');
});
intrinsic('cpu.pause(): void', 'A hint in a spin loop.', [], (asm) => asm.op('pause'));
privileged('cpu.saveInterrupts(): u64', 'RFLAGS as they are; then interrupts off.', [], (asm) => {
  asm.op('pushf');
  asm.pop(rax);
  asm.op('cli');
});
privileged('cpu.restoreInterrupts(flags: u64): void', 'What saveInterrupts gave.', [rax], (asm) => {
  // Of the flags, only this one has to come back, and to set it by itself costs processors, and those who imitate them, less than POPF.
  asm.test(eax, RFLAGS_IF);
  const on = new Label();
  const done = new Label();
  asm.jcc('ne', on);
  asm.op('cli');
  asm.jmp(done);
  asm.bind(on);
  asm.op('sti');
  asm.bind(done);
});
intrinsic('cpu.breakpoint(): void', 'INT3.', [], (asm) => asm.op('int3'));
intrinsic('cpu.framePointer(): u64', "This function's frame: [0] the caller's frame, [8] the return address.", [], (asm) =>
  asm.mov(rax, rbp),
);
intrinsic('cpu.stackPointer(): u64', 'RSP.', [], (asm) => asm.mov(rax, rsp));
intrinsic('cpu.fxsave(address: u64): void', 'x87 and SSE state to 512 aligned bytes.', [rax], (asm) =>
  asm.emit(0x0f, 0xae, 0x00),
);
intrinsic('cpu.fxrstor(address: u64): void', 'x87 and SSE state from 512 aligned bytes.', [rax], (asm) =>
  asm.emit(0x0f, 0xae, 0x08),
);

// ---- memory outside the window, and atomics on addresses

for (const bytes of [1, 2, 4, 8] as const) {
  const bits = bytes * 8;
  const type = bytes === 8 ? 'u64' : 'u32';
  access(`mem.load${bits}(address: u64): ${type}`, `Loads ${bits} bits at an address outside the window.`, {
    kind: 'load',
    bytes,
  });
  access(`mem.store${bits}(address: u64, value: ${type}): void`, `Stores ${bits} bits at an address outside the window.`, {
    kind: 'store',
    bytes,
  });
}
target.current = 'kernel';
intrinsic('mem.address(pointer: usize): u64', "A window pointer's address.", [rdi], (asm) => {
  asm.lea(rax, indexed(r15, rdi));
});
intrinsic('mem.pointer(address: u64): usize', 'The window pointer of an address inside the window.', [rax], (asm) => {
  asm.sub(rax, r15);
  asm.mov(eax, eax);
});
target.current = 'user';
intrinsic('mem.address(pointer: usize): u64', "A pointer's address: the same.", [rax], () => {});
intrinsic('mem.pointer(address: u64): usize', 'The pointer of an address inside the window: the same.', [rax], (asm) => {
  asm.mov(eax, eax);
});
target.current = undefined;
intrinsic('mem.fence(): void', 'Orders all loads and stores before it before those after it.', [], (asm) => asm.op('mfence'));
intrinsic('mem.exchangeAdd32(address: u64, value: u32): u32', 'Adds atomically; the old value.', [rdi, rax], (asm) =>
  asm.xadd(ptr(rdi), eax),
);
intrinsic('mem.exchangeAdd64(address: u64, value: u64): u64', 'Adds atomically; the old value.', [rdi, rax], (asm) =>
  asm.xadd(ptr(rdi), rax),
);
intrinsic('mem.exchange32(address: u64, value: u32): u32', 'Stores atomically; the old value.', [rdi, rax], (asm) =>
  asm.xchg(ptr(rdi), eax),
);
intrinsic('mem.exchange64(address: u64, value: u64): u64', 'Stores atomically; the old value.', [rdi, rax], (asm) =>
  asm.xchg(ptr(rdi), rax),
);
intrinsic(
  'mem.compareExchange32(address: u64, expected: u32, value: u32): u32',
  'Stores value if memory holds expected, atomically; the old value.',
  [rdi, rax, rdx],
  (asm) => asm.cmpxchg(ptr(rdi), edx),
);
intrinsic(
  'mem.compareExchange64(address: u64, expected: u64, value: u64): u64',
  'Stores value if memory holds expected, atomically; the old value.',
  [rdi, rax, rdx],
  (asm) => asm.cmpxchg(ptr(rdi), rdx),
);
intrinsic('mem.copy(to: u64, from: u64, count: u64): void', 'Copies bytes upwards (REP MOVSB).', [rdi, rsi, rcx], (asm) =>
  asm.string('movs', 1, 'rep'),
);
intrinsic('mem.fill(to: u64, value: u32, count: u64): void', 'Fills bytes (REP STOSB).', [rdi, rax, rcx], (asm) =>
  asm.string('stos', 1, 'rep'),
);

// ---- the per-CPU block behind gs (layout/processor, PerCpu)

target.current = 'kernel';
for (const bytes of [4, 8] as const) {
  const type = bytes === 8 ? 'u64' : 'u32';
  access(`percpu.load${bytes * 8}(offset: u64): ${type}`, 'A field of the per-CPU block.', {
    kind: 'load',
    bytes,
    segment: 'gs',
  });
  access(`percpu.store${bytes * 8}(offset: u64, value: ${type}): void`, 'Sets a field of the per-CPU block.', {
    kind: 'store',
    bytes,
    segment: 'gs',
  });
}
intrinsic(
  'percpu.add32(offset: u64, value: i32): void',
  'Adds to a field of the per-CPU block in one instruction, so no interrupt comes between.',
  [rdi, rax],
  (asm) => asm.add(through('gs', ptr(rdi)), eax),
);
intrinsic('percpu.self(): u64', "The block's own address.", [], (asm) => asm.mov(rax, through('gs', absolute(0))));

// ---- user programs: the system call

target.current = 'user';

/**
 * SYSCALL destroys rcx and r11. illumos's kernel sets the carry flag where rax is an errno, and gives a second result in rdx; it keeps all
 * else. The fourth argument goes in r10, since rcx is taken.
 */
function systemCall(asm: X86): void {
  const done = new Label();
  asm.op('syscall');
  asm.jcc('ae', done);
  asm.neg(rax);
  asm.bind(done);
}
const callClobbers = [rcx, r11];
intrinsic(
  'sys.call(number: u64, a: u64, b: u64, c: u64): i64',
  'A system call of up to three arguments: its result, or a negative errno.',
  [rax, rdi, rsi, rdx],
  systemCall,
  callClobbers,
);
intrinsic(
  'sys.call6(number: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64',
  'A system call of up to six arguments: its result, or a negative errno.',
  [rax, rdi, rsi, rdx, r10, r8, r9],
  systemCall,
  callClobbers,
);
intrinsic(
  'sys.second(number: u64): i64',
  'The second result of a system call without arguments, which cannot fail.',
  [rax],
  (asm) => {
    asm.op('syscall');
    asm.mov(rax, rdx);
  },
  [...callClobbers, rdx],
);
intrinsic(
  'sys.forked(number: u64, a: u64, b: u64): i64',
  'A fork: its second result says who is the child, where this is 0.',
  [rax, rdi, rsi],
  (asm) => {
    const worked = new Label();
    const done = new Label();
    asm.op('syscall');
    asm.jcc('ae', worked);
    // There is no second result then: rdx is what it was.
    asm.neg(rax);
    asm.jmp(done);
    asm.bind(worked);
    asm.test(rdx, rdx);
    asm.jcc('e', done);
    asm.xor(eax, eax);
    asm.bind(done);
  },
  [...callClobbers, rdx],
);
intrinsic(
  'sys.linux(number: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64',
  "A system call of Linux's convention, where rax is a negative errno: for programs that run there.",
  [rax, rdi, rsi, rdx, r10, r8, r9],
  (asm) => asm.op('syscall'),
  callClobbers,
);

export const intrinsicRecords: readonly IntrinsicRecord[] = list;

/** A target's intrinsics by wasm import name, `cpu.outb`, as the translator takes them. */
export function intrinsicsFor(wanted: Target): ReadonlyMap<string, Intrinsic> {
  return new Map(
    list
      .filter((record) => record.target === undefined || record.target === wanted)
      .map((record) => [`${record.signature.module}.${record.signature.name}`, record.expansion]),
  );
}

/** The declarations that guest code imports: `machine/cpu` -> AssemblyScript source. */
export function guestDeclarations(wanted: Target): ReadonlyMap<string, string> {
  const modules = new Map<string, string[]>();
  for (const record of list) {
    if (record.target !== undefined && record.target !== wanted) continue;
    const { module } = record.signature;
    const lines = modules.get(module) ?? [`// Generated from toolchain/intrinsics/intrinsics.ts.`];
    lines.push(declaration(record.signature, record.comment));
    modules.set(module, lines);
  }
  return new Map([...modules].map(([module, lines]) => [`machine/${module}`, `${lines.join('\n')}\n`]));
}
