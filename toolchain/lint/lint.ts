// SPDX-License-Identifier: MIT
/**
 * @fileoverview The lint for what AssemblyScript accepts in silence and C programmers, or TypeScript programmers, mean otherwise.
 *
 * Most rules need the types of expressions, generics resolved, so the lint watches asc at work: three methods of its compiler
 * are wrapped, which costs nothing measurable, and the classes are looked at when compilation is over. Only code that is
 * compiled is seen: an unused function has no findings.
 *
 * Rules, each with the way to say that it is meant:
 * - `narrow-arithmetic`: u8 + 1 wraps at 8 bits, since nothing is promoted. Cast an operand, or the result to its own type.
 * - `widened-late`: a u32 product (sum, shift) that becomes 64 bits has already wrapped. Cast an operand; `<u64><u32>(a * b)`.
 * - `shift-count`: 1 << 40 is an i32 shifted by 8. Cast the left operand.
 * - `unmanaged-override`: methods of @unmanaged objects are dispatched by a header they do not have. Rename one of them.
 * - `unmanaged-field`: a field whose type is an @unmanaged class is a pointer, not the structure. Say `T | null`, or usize.
 * - `ignored-decorator`: asc accepts decorators that it does not know, @noinline among them.
 * That `p!` is unchecked under --noAssert needs no rule: the driver has no such option.
 */
import type * as Asc from 'assemblyscript';

export type Rule =
  | 'narrow-arithmetic'
  | 'widened-late'
  | 'shift-count'
  | 'unmanaged-override'
  | 'unmanaged-field'
  | 'ignored-decorator';

export interface Finding {
  readonly rule: Rule;
  readonly message: string;
  /** asc's name of the source, and the offset in its text. */
  readonly source: string;
  readonly offset: number;
}

/** What is done of asc's own classes here; asc's declaration files describe them without their JavaScript names. */
interface CompilerInternals {
  currentType: Asc.Type;
  compileBinaryExpression(expression: Asc.BinaryExpression, context: Asc.Type, constraints: number): number;
  convertExpression(value: number, from: Asc.Type, to: Asc.Type, explicit: boolean, node: Asc.Node): number;
}

/** The compiler's module as it is at run time: its enumerations are objects, which asc's declarations hide. */
export interface AscModule {
  readonly Compiler: { readonly prototype: object };
  readonly Module: { readonly prototype: object };
  readonly Token: Enumeration;
  readonly NodeKind: Enumeration;
  readonly ElementKind: Enumeration;
  readonly LiteralKind: Enumeration;
  readonly DecoratorFlags: Enumeration;
  readonly DecoratorKind: Enumeration;
  operatorTokenToString(token: number): string;
  getBlockChildCount(block: number): number;
  getBlockChildAt(block: number, index: number): number;
}
type Enumeration = Readonly<Record<string, number>>;

let findings: Map<string, Finding> | undefined;

/**
 * Starts a run: whatever asc compiles until {@link endLint} is looked at. `asc` is the module that the compiler uses.
 */
export function beginLint(asc: AscModule): void {
  findings = new Map();
  watch(asc);
}

/** The findings of this run, in order of source and place. `program`: whose classes are to be looked at. */
export function endLint(asc: AscModule, program: Asc.Program | undefined): Finding[] {
  if (program) for (const element of program.elementsByName.values()) inspect(asc, element);
  const found = [...(findings?.values() ?? [])];
  findings = undefined;
  return found.sort((a, b) => (a.source === b.source ? a.offset - b.offset : a.source < b.source ? -1 : 1));
}

function report(rule: Rule, node: Asc.Node, message: string): void {
  const source = node.range.source.normalizedPath;
  // asc's own library is not ours to judge; the runtime and what is generated are.
  if (source.startsWith('~lib/') && !/^~lib\/(runtime|layout|machine)\//.test(source)) return;
  const offset = node.range.start;
  findings?.set(`${rule} ${source} ${offset}`, { rule, message, source, offset });
}

let watched = false;

function watch(asc: AscModule): void {
  if (watched) return;
  watched = true;
  const prototype = asc.Compiler.prototype as unknown as CompilerInternals;
  const { compileBinaryExpression, convertExpression } = prototype;
  prototype.compileBinaryExpression = function (expression, context, constraints) {
    const value = compileBinaryExpression.call(this, expression, context, constraints);
    if (findings) checkBinary(asc, expression, this.currentType, context);
    return value;
  };
  prototype.convertExpression = function (value, from, to, explicit, node) {
    if (findings) checkConversion(asc, from, to, node);
    return convertExpression.call(this, value, from, to, explicit, node);
  };
}

// ---- expressions

function grows(asc: AscModule, operator: number): boolean {
  const { Token } = asc;
  return [Token.Plus, Token.Minus, Token.Asterisk, Token.LessThan_LessThan].includes(operator);
}

function checkBinary(asc: AscModule, expression: Asc.BinaryExpression, result: Asc.Type, context: Asc.Type): void {
  const { operator } = expression;
  const { Token } = asc;
  if (!result.isIntegerValue || result.isBooleanValue) return;
  if ([Token.LessThan_LessThan, Token.GreaterThan_GreaterThan, Token.GreaterThan_GreaterThan_GreaterThan].includes(operator)) {
    const count = literalValue(asc, expression.right);
    if (count !== undefined && count >= result.size) {
      report('shift-count', expression, `shift by ${count} of a value of type ${result}, which has ${result.size} bits`);
    }
  }
  if (!grows(asc, operator) || !result.isShortIntegerValue) return;
  // To the same type, in a cast or as what is wanted: that loses nothing that the target could hold.
  if (result.kind === context.kind) return;
  report(
    'narrow-arithmetic',
    expression,
    `${asc.operatorTokenToString(operator)} of type ${result} wraps at ${result.size} bits`,
  );
}

function checkConversion(asc: AscModule, from: Asc.Type, to: Asc.Type, node: Asc.Node): void {
  if (!from.isIntegerValue || !to.isLongIntegerValue || from.isLongIntegerValue || from.isReference || to.isReference) return;
  const inner = stripParentheses(asc, node);
  if (inner.kind !== asc.NodeKind.Binary) return;
  const { operator } = inner as Asc.BinaryExpression;
  if (!grows(asc, operator)) return;
  const name = asc.operatorTokenToString(operator);
  report('widened-late', inner, `${name} of type ${from} wraps at ${from.size} bits before it becomes ${to}`);
}

function stripParentheses(asc: AscModule, node: Asc.Node): Asc.Node {
  let inner = node;
  while (inner.kind === asc.NodeKind.Parenthesized) inner = (inner as Asc.ParenthesizedExpression).expression;
  return inner;
}

function literalValue(asc: AscModule, node: Asc.Node): number | undefined {
  const inner = stripParentheses(asc, node);
  if (inner.kind !== asc.NodeKind.Literal) return undefined;
  const literal = inner as Asc.LiteralExpression;
  return literal.literalKind === asc.LiteralKind.Integer
    ? Number(String((literal as Asc.IntegerLiteralExpression).value))
    : undefined;
}

// ---- classes and decorators

function inspect(asc: AscModule, element: Asc.Element): void {
  if (element.kind === asc.ElementKind.FunctionPrototype) inspectFunction(asc, element as Asc.FunctionPrototype);
  if (element.kind !== asc.ElementKind.ClassPrototype) return;
  const prototype = element as Asc.ClassPrototype;
  for (const member of prototype.instanceMembers?.values() ?? []) {
    if (member.kind === asc.ElementKind.FunctionPrototype) inspectFunction(asc, member as unknown as Asc.FunctionPrototype);
  }
  if (!isUnmanaged(asc, prototype)) return;
  for (const [name, member] of prototype.instanceMembers ?? []) {
    if (member.kind === asc.ElementKind.FunctionPrototype && name !== 'constructor') inspectMethod(prototype, name, member);
    if (member.kind === asc.ElementKind.PropertyPrototype)
      inspectField(asc, prototype, member as unknown as Asc.PropertyPrototype);
  }
}

function isUnmanaged(asc: AscModule, prototype: Asc.ClassPrototype): boolean {
  return prototype.hasDecorator(asc.DecoratorFlags.Unmanaged);
}

function inspectMethod(prototype: Asc.ClassPrototype, name: string, member: Asc.DeclaredElement): void {
  for (let base = prototype.basePrototype; base; base = base.basePrototype) {
    if (!base.instanceMembers?.has(name)) continue;
    const message = `${prototype.name}.${name} overrides ${base.name}.${name}, but an @unmanaged object does not know its class`;
    report('unmanaged-override', member.declaration, message);
    return;
  }
}

function inspectField(asc: AscModule, prototype: Asc.ClassPrototype, member: Asc.PropertyPrototype): void {
  const declaration = member.fieldDeclaration;
  const type = declaration?.type;
  if (!declaration || !type || type.kind !== asc.NodeKind.NamedType || type.isNullable) return;
  const { identifier } = (type as Asc.NamedTypeNode).name;
  const target = prototype.lookup(identifier.text);
  if (target?.kind !== asc.ElementKind.ClassPrototype || !isUnmanaged(asc, target as Asc.ClassPrototype)) return;
  const message = `${prototype.name}.${member.name} is a pointer to ${identifier.text}, not the structure itself`;
  report('unmanaged-field', declaration, message);
}

/** Decorators that asc knows, and that mean something on a function. */
function inspectFunction(asc: AscModule, prototype: Asc.FunctionPrototype): void {
  for (const decorator of prototype.decoratorNodes ?? []) {
    if (decorator.decoratorKind !== asc.DecoratorKind.Custom) continue;
    report('ignored-decorator', decorator, `asc ignores @${(decorator.name as Asc.IdentifierExpression).text}`);
  }
}
