// SPDX-License-Identifier: MIT
/**
 * @fileoverview Two things that asc leaves undone and that reports of failures need, done by wrapping methods of its compiler.
 *
 * Positions: asc gives a position to the outermost node of an expression only. A call whose result is dropped or converted is not
 * that node, and code that asc makes itself (null checks) has none, so a return address would show some line before. Here
 * every call, access and abort gets the position of its own source.
 *
 * Inlining: in development binaryen may inline accessors and the like, nothing else. A function with one caller would go into it,
 * and its frame with it. asc sets binaryen's limits itself before it optimises, so they are caught on the way. What is
 * @inline, asc inlines by itself.
 */
import type { Range } from 'assemblyscript';
import type { AscModule } from '../lint/lint.ts';
import type { Optimize } from './compile.ts';

interface Located {
  readonly range: Range;
}
interface CompilerInternals {
  addDebugLocation(value: number, range: Range): void;
}

/** Methods (expression, …) -> value whose value is the call or access itself. */
const EXPRESSIONS = [
  'compileCallExpression',
  'compilePropertyAccessExpression',
  'compileElementAccessExpression',
  'compileNewExpression',
  'compileBinaryExpression',
  'compileUnaryPrefixExpression',
  'compileUnaryPostfixExpression',
] as const;

/** What an accessor comes to, in binaryen's measure: a load or store, its address, its value. */
const ACCESSOR_SIZE = 3;

let adjusted = false;
let optimizing: Optimize = 'release';

export function adjustCompiler(asc: AscModule, optimize: Optimize): void {
  optimizing = optimize;
  if (adjusted) return;
  adjusted = true;
  locate(asc);
  limitInlining(asc);
}

type Method = (this: CompilerInternals, ...values: never[]) => number;

function wrap(
  prototype: object,
  name: string,
  after: (compiler: CompilerInternals, value: number, values: readonly unknown[]) => void,
) {
  const methods = prototype as Record<string, Method>;
  const original = methods[name];
  if (!original) throw new Error(`this AssemblyScript has no ${name}`);
  methods[name] = function (...values) {
    const value = original.apply(this, values);
    after(this, value, values);
    return value;
  };
}

function locate(asc: AscModule): void {
  const { prototype } = asc.Compiler;
  for (const name of EXPRESSIONS) {
    wrap(prototype, name, (compiler, value, [expression]) => compiler.addDebugLocation(value, (expression as Located).range));
  }
  wrap(prototype, 'makeCallDirect', (compiler, value, [, , reportNode]) => {
    compiler.addDebugLocation(value, (reportNode as Located).range);
  });
  // A block of the call and an unreachable.
  wrap(prototype, 'makeStaticAbort', (compiler, value, [, reportNode]) => {
    const { range } = reportNode as Located;
    compiler.addDebugLocation(value, range);
    if (asc.getBlockChildCount(value)) compiler.addDebugLocation(asc.getBlockChildAt(value, 0), range);
  });
}

function limitInlining(asc: AscModule): void {
  const methods = asc.Module.prototype as Record<string, (size: number) => void>;
  const limits = { setOneCallerInlineMaxSize: 0, setFlexibleInlineMaxSize: 0, setAlwaysInlineMaxSize: ACCESSOR_SIZE };
  for (const [name, limit] of Object.entries(limits)) {
    const original = methods[name];
    methods[name] = function (this: unknown, size: number) {
      original.call(this, optimizing === 'development' ? limit : size);
    };
  }
}
