// SPDX-License-Identifier: MIT
/**
 * @fileoverview From a wasm function body to SSA, in one forward pass.
 *
 * Locals become an environment: the current value of each. Where control flow joins, values that differ become phis; a loop's
 * header gets a phi for every local that the loop assigns (found by a scan ahead), and superfluous ones are removed in
 * `cleanup.ts`. Code that cannot be reached is skipped.
 *
 * Frequencies are guesses from structure: a loop runs its body eight times, an `if` is taken every other time.
 */
import type { Instruction, ValueType, WasmFunction, WasmModule } from '../wasm/module.ts';
import { simplify } from './simplify.ts';
import type { Block, Graph, Value } from './ssa.ts';

const LOOP_ITERATIONS = 8;

/** One way of reaching a label. */
interface Edge {
  readonly from: Block;
  readonly locals: readonly Value[];
  readonly result: Value | undefined;
}

interface Frame {
  readonly kind: 'function' | 'block' | 'loop' | 'if';
  readonly result: ValueType | undefined;
  /** Operands below belong to enclosing frames. */
  readonly height: number;
  /** Branches to the end; for a loop branches go to `header`. */
  readonly edges: Edge[];
  readonly header: Block | undefined;
  /** Locals that have a phi in the loop's header. */
  readonly loopLocals: readonly number[];
  /** State at the `if`, for its else arm; undefined once that arm began. */
  elseEdge: { block: Block; locals: Value[] } | undefined;
  readonly frequency: number;
  readonly outer: Block;
}

export class GraphBuilder {
  readonly graph: Graph = { blocks: [], parameters: [], values: 0 };
  private readonly constants = new Map<string, Value>();
  private readonly frames: Frame[] = [];
  private stack: Value[] = [];
  private locals: Value[] = [];
  private current: Block | undefined;
  /** What globals hold for certain at this point of the current block. */
  private readonly knownGlobals = new Map<number, Value>();
  /** Stores to globals in the current block that nobody has had occasion to see: another store makes them superfluous. */
  private readonly unseenStores = new Map<number, Value>();
  private pc = 0;
  private blockCount = 0;
  private readonly assigned: Map<number, number[]>;

  constructor(
    private readonly module: WasmModule,
    private readonly source: WasmFunction,
  ) {
    this.assigned = localsAssignedInLoops(source.body);
  }

  build(): Graph {
    const { type, locals, body } = this.source;
    const entry = this.newBlock(1, false);
    this.enter(entry);
    this.pc = this.source.start;
    for (const [i, parameter] of type.parameters.entries()) {
      const value = this.value('parameter', parameter, [], i);
      value.block = entry;
      this.graph.parameters.push(value);
      this.locals.push(value);
    }
    for (const local of locals) this.locals.push(this.constant(local, 0n));
    this.push('function', type.result, entry, undefined, []);
    for (let i = 0; i < body.length; i++) this.instruction(body[i], i);
    return this.graph;
  }

  // ---- values

  constant(type: ValueType, value: bigint): Value {
    const normal = type === 'i32' ? BigInt.asIntN(32, value) : type === 'i64' ? BigInt.asIntN(64, value) : value;
    const key = type + normal;
    let found = this.constants.get(key);
    if (!found) {
      found = this.value('constant', type, [], 0, normal);
      this.constants.set(key, found);
    }
    return found;
  }

  private value(op: string, type: ValueType | undefined, args: Value[], immediate = 0, constant = 0n): Value {
    const id = this.graph.values++;
    return { id, op, type, args, block: undefined, pc: this.pc, constant, immediate, uses: 0, register: -1, epoch: 0 };
  }

  /** A new value at the end of the current block, or an existing one that is equal. */
  emit(op: string, type: ValueType | undefined, args: Value[], immediate = 0): Value {
    const simpler = simplify(this, op, args);
    if (simpler) return simpler;
    const value = this.value(op, type, args, immediate);
    value.block = this.current;
    this.current!.body.push(value);
    return value;
  }

  // ---- blocks and labels

  private newBlock(frequency: number, isLoopHeader: boolean): Block {
    const block: Block = {
      id: this.blockCount++,
      phis: [],
      body: [],
      predecessors: [],
      terminator: { kind: 'none' },
      frequency,
      isLoopHeader,
    };
    return block;
  }

  /** Makes `block` current and gives it its place in program order. */
  private enter(block: Block): void {
    this.graph.blocks.push(block);
    this.current = block;
    this.forgetGlobals();
  }

  private forgetGlobals(): void {
    this.knownGlobals.clear();
    this.unseenStores.clear();
  }

  private phi(block: Block, type: ValueType, args: Value[]): Value {
    const phi = this.value('phi', type, args);
    phi.block = block;
    block.phis.push(phi);
    return phi;
  }

  private push(
    kind: Frame['kind'],
    result: ValueType | undefined,
    outer: Block,
    header: Block | undefined,
    loopLocals: number[],
  ) {
    this.frames.push({
      kind,
      result,
      height: this.stack.length,
      edges: [],
      header,
      loopLocals,
      elseEdge: undefined,
      frequency: outer.frequency,
      outer,
    });
  }

  private frameAt(depth: number): Frame {
    return this.frames[this.frames.length - 1 - depth];
  }

  /**
   * The block to branch to for label `depth`. Each conditional edge gets an empty block of its own that jumps on: so no edge is
   * critical, and the moves that phis become have a place. Blocks left empty vanish when code is laid out.
   */
  private branchTarget(depth: number, frequency: number): Block {
    const from = this.newBlock(frequency, false);
    this.graph.blocks.push(from);
    this.branchFrom(from, depth);
    return from;
  }

  /** Ends `from` with a jump to label `depth`. */
  private branchFrom(from: Block, depth: number): void {
    const frame = this.frameAt(depth);
    if (frame.header) this.closeLoop(frame, from);
    else frame.edges.push({ from, locals: this.locals.slice(), result: frame.result && this.stack[this.stack.length - 1] });
  }

  private closeLoop(frame: Frame, from: Block): void {
    const header = frame.header!;
    from.terminator = { kind: 'jump', target: header };
    header.predecessors.push(from);
    frame.loopLocals.forEach((local, i) => {
      header.phis[i].args.push(this.locals[local]);
    });
  }

  /** Continues in a new block that all `edges` lead to; unreachable if there are none. */
  private join(edges: readonly Edge[], frame: Frame): void {
    this.stack.length = frame.height;
    if (edges.length === 0) {
      this.current = undefined;
      return;
    }
    const block = this.newBlock(frame.frequency, false);
    this.enter(block);
    for (const edge of edges) {
      edge.from.terminator = { kind: 'jump', target: block };
      block.predecessors.push(edge.from);
    }
    const merge = (values: Value[]): Value =>
      values.every((v) => v === values[0]) ? values[0] : this.phi(block, values[0].type!, values);
    this.locals = this.locals.map((_, local) => merge(edges.map((edge) => edge.locals[local])));
    if (frame.result) this.stack.push(merge(edges.map((edge) => edge.result!)));
  }

  // ---- instructions

  private instruction(instruction: Instruction, position: number): void {
    const { op } = instruction;
    this.pc = instruction.pc;
    if (!this.current && op.name !== 'end' && op.name !== 'else') {
      // Unreachable code is skipped, but its blocks still nest.
      if (op.immediate === 'block') this.push('block', undefined, this.frameAt(0).outer, undefined, []);
      return;
    }
    const control = this.control[op.name];
    if (control) control.call(this, instruction, position);
    else this.operation(instruction);
  }

  private readonly control: Readonly<Record<string, (this: GraphBuilder, i: Instruction, position: number) => void>> = {
    nop() {},
    block(i) {
      this.push('block', i.result, this.current!, undefined, []);
    },
    loop(i, position) {
      const outer = this.current!;
      const header = this.newBlock(outer.frequency * LOOP_ITERATIONS, true);
      const assigned = this.assigned.get(position) ?? [];
      this.push('loop', i.result, outer, header, assigned);
      outer.terminator = { kind: 'jump', target: header };
      header.predecessors.push(outer);
      this.enter(header);
      for (const local of assigned) {
        const before = this.locals[local];
        this.locals[local] = this.phi(header, before.type!, [before]);
      }
    },
    if(i) {
      const condition = this.stack.pop()!;
      const block = this.current!;
      this.push('if', i.result, block, undefined, []);
      const then = this.newBlock(block.frequency / 2, false);
      const otherwise = this.newBlock(block.frequency / 2, false);
      this.branch(block, condition, then, otherwise);
      this.frameAt(0).elseEdge = { block: otherwise, locals: this.locals.slice() };
      this.enter(then);
    },
    else() {
      const frame = this.frameAt(0);
      this.finishArm(frame);
      if (!frame.elseEdge) {
        this.current = undefined;
        return;
      }
      this.stack.length = frame.height;
      this.locals = frame.elseEdge.locals;
      this.enter(frame.elseEdge.block);
      frame.elseEdge = undefined;
    },
    end() {
      const frame = this.frames.pop()!;
      if (frame.kind === 'function') {
        this.frames.push(frame);
        this.finishArm(frame);
        this.join(frame.edges, frame);
        if (this.current) this.current.terminator = { kind: 'return', value: frame.result && this.stack.pop(), pc: this.pc };
        return;
      }
      if (frame.header) {
        // Falling out of a loop continues with the values at hand: no join.
        const result = this.current && frame.result && this.stack.pop();
        this.stack.length = frame.height;
        if (result) this.stack.push(result);
        this.leaveLoop(frame);
        return;
      }
      this.finishArm(frame);
      if (frame.elseEdge) {
        this.graph.blocks.push(frame.elseEdge.block);
        frame.edges.push({ from: frame.elseEdge.block, locals: frame.elseEdge.locals, result: undefined });
      }
      this.join(frame.edges, frame);
    },
    br(i) {
      this.branchFrom(this.current!, i.index);
      this.current = undefined;
    },
    br_if(i) {
      const condition = this.stack.pop()!;
      const block = this.current!;
      const frame = this.frameAt(i.index);
      const taken = this.branchTarget(i.index, frame.header ? block.frequency : Math.min(block.frequency, frame.frequency) / 2);
      const next = this.newBlock(frame.header ? block.frequency / 2 : block.frequency, false);
      this.branch(block, condition, taken, next);
      this.enter(next);
    },
    br_table(i) {
      const index = this.stack.pop()!;
      const block = this.current!;
      const byLabel = new Map<number, Block>();
      const targets = i.labels.map((label) => {
        let target = byLabel.get(label);
        if (!target) {
          target = this.branchTarget(label, block.frequency / i.labels.length);
          target.predecessors.push(block);
          byLabel.set(label, target);
        }
        return target;
      });
      block.terminator = { kind: 'switch', index, targets, pc: this.pc };
      this.current = undefined;
    },
    return() {
      const value = this.source.type.result && this.stack.pop();
      this.current!.terminator = { kind: 'return', value, pc: this.pc };
      this.current = undefined;
    },
    unreachable() {
      this.emit('unreachable', undefined, []);
      this.current = undefined;
    },
    drop() {
      this.stack.pop();
    },
    'local.get'(i) {
      this.stack.push(this.locals[i.index]);
    },
    'local.set'(i) {
      this.locals[i.index] = this.stack.pop()!;
    },
    'local.tee'(i) {
      this.locals[i.index] = this.stack[this.stack.length - 1];
    },
  };

  private branch(block: Block, condition: Value, ifTrue: Block, ifFalse: Block): void {
    block.terminator = { kind: 'branch', condition, ifTrue, ifFalse, pc: this.pc };
    ifTrue.predecessors.push(block);
    ifFalse.predecessors.push(block);
  }

  /** What flows off the end of a block or an arm is one more edge to its label. */
  private finishArm(frame: Frame): void {
    if (!this.current) return;
    const result = frame.result && this.stack.pop();
    frame.edges.push({ from: this.current, locals: this.locals.slice(), result });
    this.current = undefined;
  }

  private leaveLoop(frame: Frame): void {
    if (!this.current) return;
    const block = this.current;
    const next = this.newBlock(frame.frequency, false);
    block.terminator = { kind: 'jump', target: next };
    next.predecessors.push(block);
    this.enter(next);
  }

  private operation(i: Instruction): void {
    const { op } = i;
    if (op.immediate === 'i32' || op.immediate === 'i64' || op.immediate === 'f32' || op.immediate === 'f64') {
      this.stack.push(this.constant(op.immediate, i.value));
      return;
    }
    if (op.name === 'select') {
      const condition = this.stack.pop()!;
      const [a, b] = this.stack.splice(-2);
      this.stack.push(this.emit('select', a.type, [condition, a, b]));
      return;
    }
    let result = op.type?.result;
    let count = op.type?.parameters.length ?? 0;
    let immediate = op.immediate === 'access' ? i.offset : i.index;
    switch (op.name) {
      case 'call':
        count = this.module.functions[i.index].type.parameters.length;
        result = this.module.functions[i.index].type.result;
        this.forgetGlobals();
        break;
      case 'call_indirect':
        count = this.module.types[i.index].parameters.length + 1;
        result = this.module.types[i.index].result;
        this.forgetGlobals();
        break;
      case 'global.get': {
        const global = this.module.globals[i.index];
        if (!global.mutable && !global.import && global.init.kind === 'value') {
          this.stack.push(this.constant(global.type, global.init.value));
          return;
        }
        const known = this.knownGlobals.get(i.index);
        if (known) {
          this.stack.push(known);
          return;
        }
        result = global.type;
        break;
      }
      case 'global.set':
        count = 1;
        this.knownGlobals.set(i.index, this.stack[this.stack.length - 1]);
        break;
      case 'memory.grow':
        this.forgetGlobals();
        break;
      case 'memory.size':
        immediate = 0;
        break;
    }
    const args = count > 0 ? this.stack.splice(-count) : [];
    const value = this.emit(op.name, result, args, immediate);
    if (op.name === 'global.get') this.knownGlobals.set(i.index, value);
    if (op.name === 'global.set') {
      const superseded = this.unseenStores.get(i.index);
      const { body } = this.current!;
      if (superseded) body.splice(body.lastIndexOf(superseded), 1);
      this.unseenStores.set(i.index, value);
    }
    if (result) this.stack.push(value);
  }
}

/** For each loop instruction, by position: the locals assigned between it and its end, ascending. */
function localsAssignedInLoops(body: readonly Instruction[]): Map<number, number[]> {
  const found = new Map<number, number[]>();
  const open: { position: number; locals: Set<number>; isLoop: boolean }[] = [];
  body.forEach(({ op, index }, position) => {
    if (op.immediate === 'block') open.push({ position, locals: new Set(), isLoop: op.name === 'loop' });
    else if (op.name === 'local.set' || op.name === 'local.tee') open[open.length - 1]?.locals.add(index);
    else if (op.name === 'end') {
      const closed = open.pop();
      if (!closed) return;
      if (closed.isLoop)
        found.set(
          closed.position,
          [...closed.locals].sort((a, b) => a - b),
        );
      const outer = open[open.length - 1];
      if (outer) for (const local of closed.locals) outer.locals.add(local);
    }
  });
  return found;
}
