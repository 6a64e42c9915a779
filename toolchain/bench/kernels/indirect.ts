// SPDX-License-Identifier: MIT
/** A bytecode machine whose handlers are called through a table of functions. */
type Handler = (operand: u32) => void;
const stack: usize = memory.data(256 * 4, 16);
const program: usize = memory.data(1024 * 2, 16);
let top: usize = 0;

@inline
function push(value: u32): void {
  store<u32>(stack + (top & 1020), value);
  top += 4;
}
@inline
function pop(): u32 {
  top -= 4;
  return load<u32>(stack + (top & 1020));
}
function constant(operand: u32): void {
  push(operand);
}
function add(_: u32): void {
  push(pop() + pop());
}
function multiply(_: u32): void {
  push(pop() * pop());
}
function exclusive(operand: u32): void {
  push(pop() ^ operand);
}
function rotate(operand: u32): void {
  push(rotl<u32>(pop(), operand & 31));
}
function duplicate(_: u32): void {
  const value = pop();
  push(value);
  push(value);
}
const handlers: StaticArray<Handler> = [constant, add, multiply, exclusive, rotate, duplicate, constant, duplicate];

export function run(): u64 {
  let x: u32 = 7;
  top = 0;
  memory.fill(stack, 0, 1024);
  for (let i: usize = 0; i < 1024; i++) {
    x = x * 1664525 + 1013904223;
    store<u8>(program + 2 * i, (x >> 24) & 7);
    store<u8>(program + 2 * i + 1, x >> 16);
  }
  for (let round = 0; round < 600; round++) {
    for (let at = program; at < program + 2048; at += 2) {
      const handler = unchecked(handlers[load<u8>(at)]);
      handler(load<u8>(at, 1));
    }
  }
  let sum: u64 = top;
  for (let i: usize = 0; i < 256; i++) sum = sum * 31 + load<u32>(stack + 4 * i);
  return sum;
}
